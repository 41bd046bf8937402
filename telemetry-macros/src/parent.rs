//! The option `parent = context` of `start!` and `#[span]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Expr;

/// What is said of the option alone.
pub(crate) const NO_VALUE: &str = "the option `parent` has no value; write `parent = context`";

/// What the user gave for `parent`, or nothing: the facade takes a context or an option of one.
pub(crate) fn option(parent: Option<&Expr>) -> TokenStream {
    if let Some(parent) = parent {
        parent.to_token_stream()
    } else {
        quote! { ::core::option::Option::None }
    }
}

/// The same as an option of a context, made where the user's word for it stands.
pub(crate) fn context(parent: Option<&Expr>, private: &Ident) -> TokenStream {
    match parent {
        Some(parent) => quote! { #private::parent(#parent) },
        None => option(None),
    }
}
