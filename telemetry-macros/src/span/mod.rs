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

/// On a mistake the function is emitted as it was, so that each mistake is one error.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(mistake) => return with_item(&mistake.to_compile_error(), item),
    };
    let arguments: Arguments = match syn::parse2(arguments) {
        Ok(arguments) => arguments,
        Err(mistake) => return with_item(&mistake.to_compile_error(), item),
    };
    let mut mistakes = Mistakes::none();
    let body = check::function(&function, &mut mistakes);
    check::arguments(&arguments, &mut mistakes);
    let errors = mistakes.finish();
    match body {
        Some(body) if errors.is_empty() => {
            expand::function(&Model::new(&function, body, arguments))
        }
        _ => with_item(&errors, item),
    }
}

fn with_item(errors: &TokenStream, item: &TokenStream) -> TokenStream {
    quote! { #errors #item }
}
