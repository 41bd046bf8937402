//! Field values, as `{ name: value, shorthand }` and as `name = value`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Result, Token, braced};

use crate::dotted::raw_if_keyword;

/// One field and what it is set to. Written as shorthand, it is set to the binding of its name.
pub(crate) struct FieldValue {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

impl ToTokens for FieldValue {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = &self.name;
        match &self.value {
            Some(value) => quote! { #name: #value }.to_tokens(tokens),
            None => name.to_tokens(tokens),
        }
    }
}

/// `name: value` or `name`.
struct WithColon(FieldValue);

impl Parse for WithColon {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        FieldValue::parse::<Token![:]>(input).map(Self)
    }
}

/// `name = value` or `name`.
pub(crate) struct WithEquals(pub(crate) FieldValue);

impl Parse for WithEquals {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        FieldValue::parse::<Token![=]>(input).map(Self)
    }
}

impl FieldValue {
    fn parse<Separator: Parse>(input: ParseStream<'_>) -> Result<Self> {
        let name = raw_if_keyword(input.call(Ident::parse_any)?);
        let value = match input.parse::<Separator>() {
            Ok(_) => Some(input.parse()?),
            Err(_) => None,
        };
        Ok(Self { name, value })
    }
}

/// A block of fields, `{ a: 1, b }`.
pub(crate) struct FieldBlock {
    fields: Vec<FieldValue>,
}

impl FieldBlock {
    /// No fields: what a block that was left out means.
    pub(crate) fn empty() -> Self {
        Self { fields: Vec::new() }
    }

    /// The struct that the fields make. Type name and braces stand at `span`, where rustc then
    /// reports missing fields.
    pub(crate) fn construct(&self, module: &Ident, name: &str, span: Span) -> TokenStream {
        construct(&self.fields, module, name, span)
    }
}

impl Parse for FieldBlock {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let content;
        braced!(content in input);
        let fields = Punctuated::<WithColon, Token![,]>::parse_terminated(&content)?;
        Ok(Self { fields: fields.into_iter().map(|field| field.0).collect() })
    }
}

/// `module::name { fields }`, all but the fields at `span`.
pub(crate) fn construct(
    fields: &[FieldValue],
    module: &Ident,
    name: &str,
    span: Span,
) -> TokenStream {
    let name = Ident::new(name, span);
    quote_spanned! {span=> #module::#name { #(#fields),* } }
}
