//! `#[derive(Tag)]`: an enum without fields as a metric's tag.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, LitStr, Meta, Result, Variant};

use crate::diag::Mistakes;
use crate::paths::Facade;

/// With mistakes the type is still a tag, so that its uses are no further errors.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(mistake) => return mistake.to_compile_error(),
    };
    let mut mistakes = Mistakes::none();
    let facade = facade(&input.attrs, &mut mistakes);
    type_is_not_generic(&input, &mut mistakes);
    let values = match &input.data {
        Data::Enum(data) => values(&input.ident, data, &mut mistakes),
        Data::Struct(data) => {
            type_is_an_enum(data.struct_token, &mut mistakes);
            Vec::new()
        }
        Data::Union(data) => {
            type_is_an_enum(data.union_token, &mut mistakes);
            Vec::new()
        }
    };
    let errors = mistakes.finish();
    if errors.is_empty() {
        implementations(&input.ident, &values, &facade)
    } else {
        let stand_in = stand_in(&input, &facade);
        quote! { #errors #stand_in }
    }
}

/// One variant and its text.
struct Value<'i> {
    variant: &'i Ident,
    text: LitStr,
}

fn values<'i>(name: &Ident, data: &'i DataEnum, mistakes: &mut Mistakes) -> Vec<Value<'i>> {
    enum_has_variants(name, data, mistakes);
    let values: Vec<Value<'i>> = data
        .variants
        .iter()
        .map(|variant| {
            variant_has_no_fields(variant, mistakes);
            Value { variant: &variant.ident, text: text(variant, mistakes) }
        })
        .collect();
    texts_are_unique(&values, mistakes);
    values
}

/// `#[tag(crate = path)]` on the enum.
fn facade(attributes: &[Attribute], mistakes: &mut Mistakes) -> Facade {
    let mut facade = Facade::default();
    for attribute in own(attributes) {
        let parsed = match &attribute.meta {
            Meta::List(list) => list.parse_args_with(Facade::parse_option),
            other => Err(syn::Error::new_spanned(other, "")),
        };
        match parsed {
            Ok(named) => facade = named,
            Err(_) => mistakes.push(syn::Error::new_spanned(
                &attribute.meta,
                "on an enum stands `#[tag(crate = path::to::telemetry)]`; texts stand on variants",
            )),
        }
    }
    facade
}

/// The text that `#[tag("…")]` gives, else the variant's name in snake case.
fn text(variant: &Variant, mistakes: &mut Mistakes) -> LitStr {
    let span = variant.ident.span();
    let mut text = LitStr::new(&snake_case(&variant.ident.unraw().to_string()), span);
    for (index, attribute) in own(&variant.attrs).enumerate() {
        match self::given_text(attribute) {
            Ok(given) if index == 0 => text = given,
            Ok(given) => mistakes.add(given.span(), "this variant has a text already; give one"),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    text
}

fn given_text(attribute: &Attribute) -> Result<LitStr> {
    let written = match &attribute.meta {
        Meta::List(list) => list.parse_args::<LitStr>().ok(),
        _ => None,
    };
    match written {
        Some(text) if text.value().is_empty() => Err(syn::Error::new(
            text.span(),
            "the text is empty, which is the tag of what is absent; give another",
        )),
        Some(text) => Ok(text),
        None => Err(syn::Error::new_spanned(
            &attribute.meta,
            "a variant's text is written as in `#[tag(\"bank_transfer\")]`",
        )),
    }
}

fn own(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("tag"))
}

fn type_is_an_enum(keyword: impl quote::ToTokens, mistakes: &mut Mistakes) {
    mistakes.push(syn::Error::new_spanned(
        keyword,
        "`Tag` is derived for enums without fields; give a struct's fields as tags of their own, or compute one with `name = |m| …`",
    ));
}

fn type_is_not_generic(input: &DeriveInput, mistakes: &mut Mistakes) {
    if !input.generics.params.is_empty() {
        mistakes.push(syn::Error::new_spanned(
            &input.generics,
            "`Tag` is derived for enums without fields, which need no generics",
        ));
    }
}

fn enum_has_variants(name: &Ident, data: &DataEnum, mistakes: &mut Mistakes) {
    if data.variants.is_empty() {
        mistakes.add(name.span(), format!("`{name}` has no variants, and so no value to be a tag"));
    }
}

fn variant_has_no_fields(variant: &Variant, mistakes: &mut Mistakes) {
    if !matches!(variant.fields, Fields::Unit) {
        mistakes.push(syn::Error::new_spanned(
            &variant.fields,
            format!(
                "the variant `{}` has fields, which `Tag` would lose; compute a tag with `name = |m| …`",
                variant.ident
            ),
        ));
    }
}

fn texts_are_unique(values: &[Value<'_>], mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for Value { variant, text } in values {
        let written = text.value();
        if !seen.insert(written.clone()) {
            mistakes.add(
                text.span(),
                format!(
                    "the text of `{variant}`, {written:?}, is that of a variant before it; give another, as in `#[tag(\"…\")]`"
                ),
            );
        }
    }
}

fn implementations(name: &Ident, values: &[Value<'_>], facade: &Facade) -> TokenStream {
    let public = facade.public();
    let private = facade.private();
    let count = values.len();
    let indices = 0..count;
    let variants = values.iter().map(|value| value.variant);
    let texts = values.iter().map(|value| &value.text);
    let option = quote!(::core::option::Option);
    let usize = quote!(::core::primitive::usize);
    quote! {
        const _: () = {
            #[allow(deprecated)]
            const fn __index(__value: &#name) -> #usize {
                match *__value { #(#name::#variants => #indices,)* }
            }

            const __TEXTS: &[&::core::primitive::str] = &[#(#texts),*];

            #[automatically_derived]
            impl #public::Tag for #name {
                const COUNT: #option<#usize> = #option::Some(#count);

                #[inline]
                fn tag(&self) -> #public::TagValue<'_> {
                    #public::TagValue::Enum { index: __index(self), texts: __TEXTS }
                }

                #[inline]
                fn place(&self) -> #option<#private::Place> {
                    #option::Some(#private::Place { index: __index(self), count: #count })
                }
            }

            #[automatically_derived]
            impl<'v> #public::IntoTag<'v> for #name {
                const COUNT: #option<#usize> = #option::Some(#count);

                #[inline]
                fn into_tag(self) -> #public::TagValue<'v> {
                    #public::TagValue::Enum { index: __index(&self), texts: __TEXTS }
                }

                #[inline]
                fn place(&self) -> #option<#private::Place> {
                    #public::Tag::place(self)
                }
            }

            #[automatically_derived]
            impl #private::Known for #name {
                fn value(&self) -> #public::Value<'_> {
                    #public::Value::Str(__TEXTS[__index(self)])
                }
            }
        };
    }
}

/// Keeps the uses of a type that `Tag` cannot be derived for from being errors too.
fn stand_in(input: &DeriveInput, facade: &Facade) -> TokenStream {
    let public = facade.public();
    let name = &input.ident;
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    let lifetime = quote_spanned!(name.span()=> '_);
    quote! {
        #[automatically_derived]
        impl #parameters #public::Tag for #name #arguments #conditions {
            fn tag(&self) -> #public::TagValue<#lifetime> {
                #public::TagValue::Str("")
            }
        }
    }
}

/// `BankTransfer` as `bank_transfer`, `HTTPServer` as `http_server`.
fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let characters: Vec<char> = name.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| characters[before]);
        let ends_a_word = before.is_some_and(|before| before.is_lowercase() || before.is_numeric());
        let begins_a_word = before.is_some_and(char::is_uppercase)
            && characters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if character.is_uppercase() && (ends_a_word || begins_a_word) {
            text.push('_');
        }
        text.extend(character.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for (name, text) in [
            ("Stripe", "stripe"),
            ("BankTransfer", "bank_transfer"),
            ("HTTPServer", "http_server"),
            ("Http2", "http2"),
            ("V1Beta", "v1_beta"),
            ("A", "a"),
            ("ABTest", "ab_test"),
            ("Already_Split", "already_split"),
            ("Übung", "übung"),
        ] {
            assert_eq!(snake_case(name), text);
        }
    }

    #[test]
    fn all_mistakes_are_told_and_the_type_stays_a_tag() {
        let expanded = expand(quote! {
            enum Mixed<T> { Plain, Full(T), #[tag("plain")] Other, #[tag(text)] Wrong }
        })
        .to_string();
        assert_eq!(expanded.matches("compile_error").count(), 4, "{expanded}");
        assert!(expanded.contains("impl < T > :: telemetry :: Tag for Mixed < T >"), "{expanded}");
    }
}
