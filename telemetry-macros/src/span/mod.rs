//! `#[span]`: a function becomes a span, its body untouched.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use self::model::Model;
use self::parse::{Arguments, Function};
use crate::diag::Mistakes;
use crate::dotted::Name;
use crate::input;

/// The function is emitted whatever is wrong: as a span if its arguments can be mended, else as it
/// was, so that each mistake is one error.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::none();
    let expanded = self::item(arguments, item, &mut mistakes);
    let mistakes = mistakes.finish();
    quote! { #mistakes #expanded }
}

fn item(arguments: TokenStream, item: &TokenStream, mistakes: &mut Mistakes) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(mistake) => {
            mistakes.push(mistake);
            return item.clone();
        }
    };
    let can_be_a_span = check::function(&function, mistakes);
    let Some(mut arguments) = input::whole(arguments, mistakes, Arguments::parse) else {
        return item.clone();
    };
    check::arguments(&mut arguments, mistakes);
    match (&function.body, &arguments.span) {
        (Some(body), Name::Whole(span)) if can_be_a_span => {
            let span = span.clone();
            expand::function(&Model::new(&function, body, span, arguments))
        }
        (Some(body), Name::Half(Some(half))) => expand::with_name(&function, body, half),
        _ => item.clone(),
    }
}
