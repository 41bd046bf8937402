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
    let declared = fields.list.iter().map(declaration);
    let own_fields = own.iter().map(|(name, description)| {
        let name = format_ident!("{name}");
        quote! { #[doc = #description] pub #name: ::core::time::Duration, }
    });
    let summary = format!("The measurements of `{event}`.");
    let are_numbers = fields.list.iter().all(|field| field.is_number);
    let derive = are_numbers.then(|| quote!(#[derive(::core::clone::Clone, ::core::marker::Copy)]));
    let clone = (!are_numbers).then(|| clone(fields, own, facade));
    quote! {
        #[doc = #summary]
        #derive
        pub struct Measurements { #(#own_fields)* #(#declared)* }
        #clone
    }
}

/// `Clone` where a type may be no number: then that is the one error, at the type.
fn clone(fields: &Fields, own: &[(&str, &str)], facade: &Facade) -> TokenStream {
    let public = facade.public();
    let own = own.iter().map(|(name, _)| format_ident!("{name}"));
    let declared = fields.list.iter().map(|Field { name, ty, .. }| {
        quote! { #name: <#ty as #public::Measurement>::copied(&self.#name), }
    });
    quote! {
        impl ::core::clone::Clone for Measurements {
            fn clone(&self) -> Self {
                Self { #(#own: self.#own,)* #(#declared)* }
            }
        }
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
