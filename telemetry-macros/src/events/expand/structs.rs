//! The structs that declared fields make, and how their values are read by name.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::model::{Field, Fields};
use crate::paths::Facade;

/// `Measurements`, with the toolkit's own fields first.
pub(super) fn measurements(
    fields: &Fields,
    own: &[(&str, &str)],
    event: &str,
    facade: &Facade,
) -> TokenStream {
    let private = facade.private();
    let declared = fields.list.iter().map(declaration);
    let own = own.iter().map(|(name, description)| {
        let name = format_ident!("{name}");
        quote! { #[doc = #description] pub #name: ::core::time::Duration, }
    });
    let checks = fields.list.iter().map(|field| {
        let ty = &field.ty;
        quote! { #private::assert_measurement::<#ty>(); }
    });
    let summary = format!("The measurements of `{event}`.");
    quote! {
        #[doc = #summary]
        #[derive(::core::clone::Clone, ::core::marker::Copy)]
        pub struct Measurements { #(#own)* #(#declared)* }

        const _: () = { #(#checks)* };
    }
}

pub(super) fn metadata(fields: &Fields, event: &str) -> TokenStream {
    let summary = format!("The metadata of `{event}`.");
    plain("Metadata", fields, &summary)
}

pub(super) fn plain(name: &str, fields: &Fields, summary: &str) -> TokenStream {
    let name = format_ident!("{name}");
    let lifetime = fields.lifetime();
    let declared = fields.list.iter().map(declaration);
    quote! {
        #[doc = #summary]
        pub struct #name #lifetime { #(#declared)* }
    }
}

/// `Field::new(…),` for each field.
pub(super) fn field_constants(fields: &Fields, facade: &Facade) -> TokenStream {
    let public = facade.public();
    fields
        .list
        .iter()
        .map(|field| {
            let (name, ty, description) = (field.text(), &field.type_name, &field.description);
            quote! { #public::Field::new(#name, #ty, #description), }
        })
        .collect()
}

/// `0usize => …,` for each field of `__fields`.
pub(super) fn values(fields: &Fields, private: &TokenStream) -> TokenStream {
    fields
        .list
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let name = &field.name;
            quote! { #index => (&&&&#private::ValueProbe(&__fields.#name)).probe(), }
        })
        .collect()
}

/// `pub name: Type,`
pub(super) fn declaration(field: &Field) -> TokenStream {
    let Field { name, ty, description, .. } = field;
    quote! { #[doc = #description] pub #name: #ty, }
}
