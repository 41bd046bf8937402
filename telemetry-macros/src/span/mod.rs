//! `#[span]`: a function becomes a span, its body untouched.

mod check;
mod expand;
mod form;
mod model;
mod parse;
mod returned;

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
    check::tracked_function_has_no_stop_and_no_err(&function, &arguments, mistakes);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn span(arguments: &str, item: &str) -> String {
        expand(arguments.parse().unwrap(), &item.parse().unwrap()).to_string()
    }

    #[test]
    fn function_with_a_body_that_does_not_parse_keeps_all_its_tokens() {
        let body = "{ let payment = load () payment . }";
        let expanded = span("my_app.payment.process, id = 1", &format!("fn charge() {body}"));
        assert!(expanded.contains(body), "{expanded}");
        assert!(expanded.contains("use my_app :: payment :: process as __span"), "{expanded}");
        assert!(!expanded.contains("compile_error"), "{expanded}");
    }

    #[test]
    fn half_a_name_and_the_function_are_in_the_expansion() {
        let expanded = span("my_app.payment.", "/// Charges.\npub async fn charge() { work() }");
        assert!(expanded.contains("pub async fn charge ()"), "{expanded}");
        assert!(expanded.contains("use my_app :: payment as _ ; work ()"), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
    }

    #[test]
    fn broken_arguments_keep_the_others_and_the_function() {
        let expanded = span("my_app.cart, id = user., stop(|r| n = r.n, 7)", "fn f() -> u8 { 1 }");
        assert!(expanded.contains("Start { id : { let _ = & user ;"), "{expanded}");
        assert!(expanded.contains("Stop { n : r . n }"), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 2, "{expanded}");
    }

    #[test]
    fn item_that_is_no_function_is_kept() {
        let expanded = span("my_app.cart", "struct Shop;");
        assert!(expanded.ends_with("struct Shop ;"), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
    }

    #[test]
    fn facade_is_the_one_that_the_user_names() {
        let expanded = span("my_app.cart, crate = ::tel", "fn f() {}");
        assert!(expanded.contains(":: tel :: __private"), "{expanded}");
        assert!(!expanded.contains("telemetry"), "{expanded}");
    }
}
