//! The path of the facade in expansions.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::{Result, Token};

/// `::telemetry`, or what the user names with `crate = …`.
#[derive(Clone)]
pub(crate) struct Facade {
    path: TokenStream,
}

impl Facade {
    /// Reads `crate = path` and the `end` after it, if that is what comes next.
    pub(crate) fn parse<End: syn::parse::Parse>(input: ParseStream<'_>) -> Result<Self> {
        if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
            return Ok(Self::default());
        }
        let facade = input.call(Self::parse_option)?;
        if !input.is_empty() {
            input.parse::<End>()?;
        }
        Ok(facade)
    }

    /// Reads `crate = path`.
    pub(crate) fn parse_option(input: ParseStream<'_>) -> Result<Self> {
        input.parse::<Token![crate]>()?;
        let equals = input.parse::<Token![=]>();
        let path =
            equals.and_then(|_| input.call(syn::Path::parse_mod_style)).map_err(|error| {
                let message = "expected the path of the facade, as in `crate = ::telemetry`";
                syn::Error::new(error.span(), message)
            })?;
        Ok(Self { path: path.into_token_stream() })
    }

    /// The facade's public items.
    pub(crate) fn public(&self) -> &TokenStream {
        &self.path
    }

    /// The same, reported at `span`.
    pub(crate) fn public_at(&self, span: Span) -> TokenStream {
        self.path
            .clone()
            .into_iter()
            .map(|mut token| {
                token.set_span(span);
                token
            })
            .collect()
    }

    /// Brings the facade's items for expansions into scope under one name, so that a wrong path is one
    /// error, at the path.
    pub(crate) fn import_private_as(&self, alias: &Ident) -> TokenStream {
        let path = &self.path;
        let span = path.clone().into_iter().last().map_or_else(Span::call_site, |last| last.span());
        let mut alias = alias.clone();
        alias.set_span(span);
        quote_spanned! {span=> #[allow(unused_imports)] use #path::__private as #alias; }
    }

    /// The facade's items for expansions.
    pub(crate) fn private(&self) -> TokenStream {
        let path = &self.path;
        quote! { #path::__private }
    }
}

impl Default for Facade {
    fn default() -> Self {
        let name = Ident::new("telemetry", Span::call_site());
        Self { path: quote! { ::#name } }
    }
}
