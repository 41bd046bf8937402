//! `#[poll]`: a function that a runtime calls again and again.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use self::model::Model;
use self::parse::{Arguments, Function};
use crate::diag::Mistakes;
use crate::input;

/// The function stays as it is, mistakes or not.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::none();
    let function = syn::parse2::<Function>(item.clone()).map_err(|mistake| mistakes.push(mistake));
    let arguments = input::whole(arguments, &mut mistakes, |input, mistakes| {
        Ok(Arguments::parse(input, mistakes))
    });
    let mut declaration = TokenStream::new();
    if let (Ok(function), Some(mut arguments)) = (function, arguments) {
        check::arguments(&mut arguments, &mut mistakes);
        if check::function(&function, &mut mistakes) {
            declaration = expand::declaration(&Model::new(&function, arguments));
        }
    }
    let mistakes = mistakes.finish();
    quote! { #item #mistakes #declaration }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(arguments: &str, item: &str) -> String {
        expand(arguments.parse().unwrap(), &item.parse().unwrap()).to_string()
    }

    #[test]
    fn function_whose_body_does_not_parse_keeps_all_its_tokens() {
        let function = "fn depth () { let queue = load () queue . }";
        let expanded = poll("every = \"10s\"", function);
        assert!(expanded.starts_with(function), "{expanded}");
        assert!(!expanded.contains("compile_error"), "{expanded}");
    }

    #[test]
    fn broken_options_keep_the_others_and_the_function() {
        let function = "fn depth () { }";
        let expanded = poll("every = \"10s\", evry = \"1s\", timeout = 7, name = \"a\"", function);
        assert!(expanded.starts_with(function), "{expanded}");
        assert!(expanded.contains("with_every"), "{expanded}");
        assert!(expanded.contains("new (\"a\""), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 2, "{expanded}");
    }

    #[test]
    fn item_that_is_no_function_is_kept() {
        let expanded = poll("", "struct Depth ;");
        assert!(expanded.starts_with("struct Depth ;"), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
    }

    #[test]
    fn facade_is_the_one_that_the_user_names() {
        let expanded = poll("crate = ::tel", "async fn depth () { }");
        assert!(expanded.contains(":: tel :: __private"), "{expanded}");
        assert!(!expanded.contains("telemetry"), "{expanded}");
    }
}
