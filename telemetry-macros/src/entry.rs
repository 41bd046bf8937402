//! Where macros begin and end: conversion to `proc_macro2`, and panics reported as bugs of ours.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// Runs a function-like macro.
pub(crate) fn function(
    name: &str,
    input: proc_macro::TokenStream,
    expand: fn(TokenStream) -> TokenStream,
) -> proc_macro::TokenStream {
    guard(name, &TokenStream::new(), || expand(input.into())).into()
}

/// Runs an attribute macro.
pub(crate) fn attribute(
    name: &str,
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
    expand: fn(TokenStream, &TokenStream) -> TokenStream,
) -> proc_macro::TokenStream {
    let item = TokenStream::from(item);
    guard(name, &item, || expand(arguments.into(), &item)).into()
}

/// The expansion. If it panics the item is kept, so that the panic is the only error.
fn guard(name: &str, item: &TokenStream, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|panic| {
        let cause = cause(&*panic);
        let message = format!(
            "telemetry: `{name}` panicked; this is a bug of the toolkit, please report it: {cause}"
        );
        quote_spanned! {Span::call_site()=> ::core::compile_error! { #message } #item }
    })
}

fn cause(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_panic_is_our_bug_and_keeps_the_item() {
        let item = quote!(
            fn kept() {}
        );
        let expanded = guard("#[span]", &item, || panic!("index {} is out", 7)).to_string();
        assert!(expanded.contains("compile_error"), "{expanded}");
        assert!(expanded.contains("a bug of the toolkit, please report it: index 7 is out"));
        assert!(expanded.ends_with("fn kept () { }"), "{expanded}");
    }

    #[test]
    fn without_a_panic_the_expansion_is_all() {
        let expanded = guard("events!", &quote!(item), || quote!(expansion));
        assert_eq!(expanded.to_string(), "expansion");
    }
}
