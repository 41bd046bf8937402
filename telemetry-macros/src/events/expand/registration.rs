//! The element that a vocabulary adds to the registry.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::model::{Model, Node, Shape};

/// One element for the whole block. How it is registered is the facade's choice.
pub(super) fn element(model: &Model) -> TokenStream {
    let public = model.facade.public();
    let private = model.facade.private();
    let mut events = TokenStream::new();
    let mut spans = TokenStream::new();
    for root in &model.roots {
        register(root, &TokenStream::new(), &mut events, &mut spans);
    }
    quote! {
        #[allow(deprecated)]
        const _: () = {
            static __EVENTS: &[&#public::AnyEvent] = &[#events];
            static __SPANS: &[&#public::AnySpan] = &[#spans];

            static __VOCABULARY: #public::Vocabulary = #public::Vocabulary::new(
                #private::crate_name(::core::option_env!("CARGO_PKG_NAME"), ::core::module_path!()),
                #private::crate_version(::core::option_env!("CARGO_PKG_VERSION")),
                ::core::module_path!(),
                __EVENTS,
                __SPANS,
            );
            #private::register! { EVENTS: &'static #public::Vocabulary = &__VOCABULARY }
        };
    }
}

fn register(node: &Node, path: &TokenStream, events: &mut TokenStream, spans: &mut TokenStream) {
    let ident = &node.ident;
    let own_path = quote!(#path #ident);
    if let Some(item) = &node.item {
        let conditions: Vec<_> = item.conditions().collect();
        match item.shape {
            Shape::Event { .. } => events.extend(quote! { #(#conditions)* #own_path.any(), }),
            Shape::Span { .. } => {
                spans.extend(quote! { #(#conditions)* #own_path.any(), });
                for phase in ["start", "stop", "exception"] {
                    let phase = format_ident!("{phase}");
                    events.extend(quote! { #(#conditions)* #own_path::#phase.any(), });
                }
            }
        }
    }
    for child in &node.children {
        register(child, &quote!(#own_path::), events, spans);
    }
}
