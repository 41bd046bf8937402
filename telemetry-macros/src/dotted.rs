//! Dotted names: `my_app.orders.placed`, after an optional path, `crate::events::`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, Result, Token};

use crate::diag::Mistakes;

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
        match Self::read(input) {
            (Some(whole), None) => Ok(whole),
            (_, Some(mistake)) => Err(mistake),
            (None, None) => Err(input.error("expected a name")),
        }
    }
}

/// A name that the user may still be typing.
pub(crate) enum Name {
    Whole(Dotted),
    /// As far as it could be read; the mistake has been told.
    Half(Option<Dotted>),
}

impl Name {
    pub(crate) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Self {
        match Dotted::read(input) {
            (Some(whole), None) => Self::Whole(whole),
            (half, mistake) => {
                mistakes.extend(mistake);
                Self::Half(half)
            }
        }
    }
}

/// The segment behind a mark. Where there is none, it is the mark that is wrong.
fn after(input: ParseStream<'_>, mark: &impl ToTokens) -> Result<Ident> {
    if input.peek(Ident::peek_any) || input.peek(Lit) {
        return segment(input);
    }
    Err(syn::Error::new_spanned(
        mark,
        "the name ends here; names are identifiers joined by dots, as in `my_app.orders.placed`",
    ))
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
    let is_plain = syn::parse_str::<Ident>(&text).is_ok() && !is_new_keyword(&ident);
    if is_plain || is_path_keyword(&ident) || text.starts_with("r#") {
        ident
    } else {
        Ident::new_raw(&text, ident.span())
    }
}

/// Whether the word is a keyword that syn does not know, since older editions have it as a name.
fn is_new_keyword(ident: &Ident) -> bool {
    ident == "gen"
}

/// Whether Rust gives the word a meaning of its own in paths.
pub(crate) fn is_path_keyword(ident: &Ident) -> bool {
    ["crate", "self", "super", "Self"].iter().any(|keyword| ident == keyword)
}

impl Dotted {
    /// What can be read of a name, and what is wrong with the rest.
    fn read(input: ParseStream<'_>) -> (Option<Self>, Option<syn::Error>) {
        let mut name = Self { qualifier: TokenStream::new(), segments: Vec::new() };
        let mistake = name.read_segments(input).err();
        ((!name.segments.is_empty()).then_some(name), mistake)
    }

    fn read_segments(&mut self, input: ParseStream<'_>) -> Result<()> {
        if let Some(colons) = input.parse::<Option<Token![::]>>()? {
            colons.to_tokens(&mut self.qualifier);
        }
        self.segments.push(segment(input)?);
        while let Some(colons) = input.parse::<Option<Token![::]>>()? {
            let next = after(input, &colons)?;
            for before in std::mem::replace(&mut self.segments, vec![next]) {
                before.to_tokens(&mut self.qualifier);
            }
            colons.to_tokens(&mut self.qualifier);
        }
        while let Some(dot) = input.parse::<Option<Token![.]>>()? {
            self.segments.push(after(input, &dot)?);
        }
        Ok(())
    }

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

    /// The name as the user wrote it, with dots.
    pub(crate) fn written(&self) -> TokenStream {
        let Self { qualifier, segments } = self;
        quote! { #qualifier #(#segments).* }
    }

    /// Keeps a name that nothing else can be made of in the expansion, where editors look it up.
    pub(crate) fn keep(&self) -> TokenStream {
        if is_path_keyword(self.last()) {
            return TokenStream::new();
        }
        let path = self.path();
        quote! { #[allow(unused_imports)] use #path as _; }
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
    use syn::parse::Parser;

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
        assert_eq!(parse("my_app.gen").path().to_string(), "my_app :: r#gen");
    }

    #[test]
    fn half_a_name_is_kept_for_editors() {
        for (text, kept) in [
            ("my_app.orders.", "my_app :: orders"),
            ("crate::events::", "crate :: events"),
            ("my_app.orders.=", "my_app :: orders"),
        ] {
            let mut mistakes = Mistakes::none();
            let tokens = text.parse().unwrap();
            let parse = |input: ParseStream<'_>| {
                let name = Name::parse(input, &mut mistakes);
                input.parse::<TokenStream>()?;
                Ok(name)
            };
            let Name::Half(Some(half)) = parse.parse2(tokens).unwrap() else {
                panic!("{text} is half a name")
            };
            assert!(half.keep().to_string().ends_with(&format!("use {kept} as _ ;")), "{text}");
            assert!(mistakes.finish().to_string().contains("the name ends here"), "{text}");
        }
    }

    #[test]
    fn digits_are_refused_with_the_rule() {
        let error = syn::parse_str::<Dotted>("my_app. 2").err().unwrap();
        assert!(error.to_string().contains("cannot begin with a digit"), "{error}");
    }
}
