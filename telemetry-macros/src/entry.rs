//! Where macros begin and end: conversion to `proc_macro2`, and panics reported as bugs of ours.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;
use quote::quote_spanned;

/// Runs a function-like macro.
pub(crate) fn function(
    name: &str,
    input: proc_macro::TokenStream,
    expand: fn(TokenStream) -> TokenStream,
) -> proc_macro::TokenStream {
    guard(name, || expand(input.into())).into()
}

/// Runs an attribute macro. If it panics the item is kept, so that the panic is the only error.
pub(crate) fn attribute(
    name: &str,
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
    expand: fn(TokenStream, &TokenStream) -> TokenStream,
) -> proc_macro::TokenStream {
    let item = TokenStream::from(item);
    let mut failed = false;
    let expanded = guard_with(name, &mut failed, || expand(arguments.into(), &item));
    let kept = failed.then(|| item.clone());
    [Some(expanded), kept].into_iter().flatten().collect::<TokenStream>().into()
}

fn guard(name: &str, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    guard_with(name, &mut false, expand)
}

fn guard_with(name: &str, failed: &mut bool, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|panic| {
        *failed = true;
        let cause = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let message = format!(
            "telemetry: `{name}` panicked; this is a bug of the toolkit, please report it: {cause}"
        );
        quote_spanned! {proc_macro2::Span::call_site()=> ::core::compile_error! { #message } }
    })
}
