//! The user's body, once and as it is, and where our code around it reports.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::super::model::Model;

/// The body as a closure. Where the body has no value, rustc points behind the closure's head.
pub(super) fn closure(model: &Model<'_>, body: &TokenStream) -> TokenStream {
    let head = quote_spanned! {at_output(model)=> || };
    quote_spanned! {within(model)=> #head { #body } }
}

/// The user's block. In parentheses of ours, or its braces would be called unnecessary.
pub(super) fn block(model: &Model<'_>) -> TokenStream {
    let block = model.body.block();
    quote_spanned! {within(model)=> (#block) }
}

/// The user's block behind a return that is never taken.
pub(super) fn body(model: &Model<'_>) -> TokenStream {
    let block = block(model);
    let Some(returned) = &model.returned else { return block };
    let at_output = at_output(model);
    let value = Ident::new("__never", at_output);
    quote_spanned! {at_output=>
        #[allow(unreachable_code)]
        if false {
            let #value: #returned = loop {};
            return #value;
        }
        #block
    }
}

/// The value of the function: a statement, or there would be an implicit return at the attribute. At
/// the body, where rustc points if the value does not live long enough.
pub(super) fn give(model: &Model<'_>, value: &TokenStream) -> TokenStream {
    quote_spanned! {within(model)=> return #value; }
}

/// Our code that reports at the user's return type.
pub(super) fn at_output(model: &Model<'_>) -> Span {
    let output = match &model.function.signature.output {
        syn::ReturnType::Default => model.body.group.span(),
        syn::ReturnType::Type(_, ty) => ty.span(),
    };
    Span::mixed_site().located_at(output)
}

/// Our code that reports at the user's body.
pub(super) fn within(model: &Model<'_>) -> Span {
    Span::mixed_site().located_at(model.body.group.span())
}
