//! The code of a vocabulary.
//!
//! For every name a static and a module of the same name, nested as the name is. The modules see
//! the user's scope by one glob import straight from where the block stands, and not from each
//! other: a chain of globs takes rustc quadratic time.

mod docs;
mod event;
mod registration;
mod span;
mod structs;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::model::{Item, Model, Node, Shape, deepen};
use crate::kind::Module;
use crate::paths::Facade;

pub(super) fn model(model: &Model) -> TokenStream {
    let facade = &model.facade;
    let modules = model.roots.iter().map(|node| self::node(node, 0, facade));
    let registration = registration::element(model);
    quote! { #(#modules)* #registration }
}

/// The static and the module of one segment.
fn node(node: &Node, depth: usize, facade: &Facade) -> TokenStream {
    let ident = &node.ident;
    let visibility = node.visibility().map(|visibility| deepen(visibility, depth));
    let item_static = node.item.as_ref().map(|item| item_static(item, facade));
    let types = node.item.as_ref().map(|item| item_types(item, facade));
    let children = node.children.iter().map(|child| self::node(child, depth + 1, facade));
    let kind = node.item.as_ref().map_or(Module::Prefix, |item| match item.shape {
        Shape::Event { .. } => Module::Event,
        Shape::Span { .. } => Module::Span,
    });
    let kind = kind.declare(facade);
    let scope = node.item.as_ref().map(|item| user_scope(item.depth + 1));
    let conditions = node.item.iter().flat_map(Item::conditions);
    let summary = match &node.item {
        Some(Item { shape: Shape::Event { .. }, name, .. }) => {
            format!("The types of the event `{name}`.")
        }
        Some(Item { shape: Shape::Span { .. }, name, .. }) => {
            format!(
                "The types of the span `{name}`, and its events `start`, `stop` and `exception`."
            )
        }
        None => format!("The events under `{ident}`."),
    };
    // Where rustc points when it speaks of the module, from its keyword to its last brace.
    let keyword = quote_spanned!(ident.span()=> mod);
    let content = quote! { #scope #kind #types #(#children)* };
    let content = quote_spanned!(ident.span()=> { #content });
    quote! {
        #item_static
        #(#conditions)*
        #[doc = #summary]
        #[allow(
            dead_code,
            deprecated,
            missing_docs,
            missing_debug_implementations,
            non_upper_case_globals,
            private_interfaces,
            single_use_lifetimes,
            unreachable_pub,
            unused_imports,
            unused_lifetimes,
            unused_qualifications,
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
            clippy::restriction
        )]
        #visibility #keyword #ident #content
    }
}

/// `use super::…::*`, from so many modules down.
fn user_scope(depth: usize) -> TokenStream {
    let ups = vec![quote!(super::); depth];
    quote! { use #(#ups)* *; }
}

fn item_static(item: &Item, facade: &Facade) -> TokenStream {
    let Item { ident, attributes, .. } = item;
    let public = facade.public();
    let visibility = deepen(&item.visibility, item.depth);
    let (ty, value) = match item.shape {
        Shape::Event { .. } => (
            quote!(#public::Event<#ident::__Schema>),
            quote_spanned!(ident.span()=> #public::Event::new(::core::option::Option::None)),
        ),
        Shape::Span { .. } => (
            quote!(#public::Span<#ident::__Schema>),
            quote! {
                #public::Span::new([
                    #ident::start.any(), #ident::stop.any(), #ident::exception.any(),
                ])
            },
        ),
    };
    let summary = docs::summary(item);
    let keyword = quote_spanned!(ident.span()=> static);
    quote! {
        #(#attributes)*
        #[doc = #summary]
        #[allow(deprecated, non_upper_case_globals)]
        #visibility #keyword #ident: #ty = #value;
    }
}

fn item_types(item: &Item, facade: &Facade) -> TokenStream {
    match &item.shape {
        Shape::Event { measurements, metadata } => {
            event::types(item, measurements, metadata, facade)
        }
        Shape::Span { start, stop_measurements, stop_metadata } => {
            span::Span { item, start, stop_measurements, stop_metadata, facade }.types()
        }
    }
}
