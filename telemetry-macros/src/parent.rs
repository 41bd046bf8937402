//! The option `parent = context` of `start!` and `#[span]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;

/// `Option<SpanContext>` from what the user gave for `parent`: a context, or an option of one.
pub(crate) fn option(parent: Option<&Expr>) -> TokenStream {
    if let Some(parent) = parent {
        quote! { ::core::convert::Into::into(#parent) }
    } else {
        quote! { ::core::option::Option::None }
    }
}
