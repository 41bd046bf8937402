//! The option `parent = context` of `start!` and `#[span]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Expr;

/// What the user gave for `parent`, or nothing: the facade takes a context or an option of one.
pub(crate) fn option(parent: Option<&Expr>) -> TokenStream {
    if let Some(parent) = parent {
        parent.to_token_stream()
    } else {
        quote! { ::core::option::Option::None }
    }
}
