//! Dotted names: `my_app.orders.placed`, after an optional path, `crate::events::`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Result, Token};

/// A name as the user wrote it. Its path form keeps the user's spans, so that rustc's messages and
/// an editor's go-to-definition land on the user's tokens.
#[derive(Clone)]
pub(crate) struct Dotted {
    /// `crate::events` of `crate::events::my_app.orders`, with a leading `::` if there is one.
    qualifier: TokenStream,
    /// At least one.
    segments: Vec<Ident>,
}

impl Parse for Dotted {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut qualifier = TokenStream::new();
        if let Some(colons) = input.parse::<Option<Token![::]>>()? {
            colons.to_tokens(&mut qualifier);
        }
        let mut first = segment(input)?;
        while let Some(colons) = input.parse::<Option<Token![::]>>()? {
            first.to_tokens(&mut qualifier);
            colons.to_tokens(&mut qualifier);
            first = segment(input)?;
        }
        let mut segments = vec![first];
        while input.parse::<Option<Token![.]>>()?.is_some() {
            segments.push(segment(input)?);
        }
        Ok(Self { qualifier, segments })
    }
}

/// An identifier or a keyword; a keyword becomes raw where it can be.
fn segment(input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(syn::LitFloat) || input.peek(syn::LitInt) {
        return Err(input.error(
            "a segment of a name cannot begin with a digit; segments are identifiers, as in `my_app.orders.placed`",
        ));
    }
    let ident = input.call(Ident::parse_any).map_err(|error| {
        syn::Error::new(
            error.span(),
            "expected a name; names are identifiers joined by dots, as in `my_app.orders.placed`",
        )
    })?;
    Ok(raw_if_keyword(ident))
}

/// `type` as `r#type`; the path keywords stay.
pub(crate) fn raw_if_keyword(ident: Ident) -> Ident {
    let text = ident.to_string();
    let is_path_keyword = ["crate", "self", "super", "Self"].contains(&text.as_str());
    if is_path_keyword || text.starts_with("r#") || syn::parse_str::<Ident>(&text).is_ok() {
        ident
    } else {
        Ident::new_raw(&text, ident.span())
    }
}

impl Dotted {
    pub(crate) fn segments(&self) -> &[Ident] {
        &self.segments
    }

    pub(crate) fn has_qualifier(&self) -> bool {
        !self.qualifier.is_empty()
    }

    /// The last segment.
    pub(crate) fn last(&self) -> &Ident {
        &self.segments[self.segments.len() - 1]
    }

    /// Where messages about the whole name point.
    pub(crate) fn span(&self) -> Span {
        self.last().span()
    }

    /// The name without its last segment, `None` where there is only one.
    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, rest) = self.segments.split_last()?;
        (!rest.is_empty())
            .then(|| Self { qualifier: self.qualifier.clone(), segments: rest.to_vec() })
    }

    /// `my_app.orders.placed`, without `r#`.
    pub(crate) fn name(&self) -> String {
        let segments: Vec<String> =
            self.segments.iter().map(|ident| ident.unraw().to_string()).collect();
        segments.join(".")
    }

    /// `crate::events::my_app::orders::placed`.
    pub(crate) fn path(&self) -> TokenStream {
        let Self { qualifier, segments } = self;
        quote! { #qualifier #(#segments)::* }
    }

    /// Brings module and static into scope under one name, so that a wrong name is one error.
    pub(crate) fn import_as(&self, alias: &Ident) -> TokenStream {
        let path = self.path();
        quote_spanned! {self.span()=> use #path as #alias; }
    }

    /// An identifier of ours that reports at this name.
    pub(crate) fn ident(&self, text: &str) -> Ident {
        Ident::new(text, self.span())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Dotted {
        syn::parse_str(text).unwrap()
    }

    #[test]
    fn names_become_paths() {
        let name = parse("crate::events::my_app.orders.placed");
        assert_eq!(name.name(), "my_app.orders.placed");
        assert_eq!(name.path().to_string(), "crate :: events :: my_app :: orders :: placed");
        assert_eq!(name.parent().unwrap().name(), "my_app.orders");
        assert!(parse("alone").parent().is_none());
    }

    #[test]
    fn keywords_become_raw_and_lose_it_in_the_name() {
        let name = parse("my_app.type.r#match");
        assert_eq!(name.path().to_string(), "my_app :: r#type :: r#match");
        assert_eq!(name.name(), "my_app.type.match");
    }

    #[test]
    fn digits_are_refused_with_the_rule() {
        let error = syn::parse_str::<Dotted>("my_app. 2").err().unwrap();
        assert!(error.to_string().contains("cannot begin with a digit"), "{error}");
    }
}
