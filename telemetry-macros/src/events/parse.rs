//! The grammar of `events!`.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Result, Token, Type, Visibility, braced};

use crate::diag;
use crate::dotted::{Dotted, raw_if_keyword};
use crate::paths::Facade;

/// A whole block.
pub(super) struct Block {
    pub(super) facade: Facade,
    pub(super) entries: Vec<Entry>,
}

/// One `event` or `span`.
pub(super) struct Entry {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) name: Dotted,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Event { measurements: Vec<Declared>, metadata: Vec<Declared> },
    Span { metadata: Vec<Declared>, stop: StopFields },
}

/// What a span declares for its `stop`.
#[derive(Default)]
pub(super) struct StopFields {
    pub(super) measurements: Vec<Declared>,
    pub(super) metadata: Vec<Declared>,
}

/// One declared field.
pub(super) struct Declared {
    pub(super) attributes: Vec<Attribute>,
    pub(super) name: Ident,
    pub(super) ty: Type,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let facade = Facade::parse::<Token![;]>(input)?;
        let mut entries = Vec::new();
        while !input.is_empty() {
            entries.push(input.parse()?);
        }
        Ok(Self { facade, entries })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let keyword = input.call(Ident::parse_any)?;
        let name = input.parse()?;
        let kind = match keyword.to_string().as_str() {
            "event" => event(input)?,
            "span" => span(input)?,
            other => {
                let message = format!(
                    "unknown declaration `{other}`; a vocabulary declares `event` and `span`{}",
                    diag::did_you_mean(other, ["event", "span"])
                );
                return Err(syn::Error::new(keyword.span(), message));
            }
        };
        Ok(Self { attributes, visibility, name, kind })
    }
}

fn event(input: ParseStream<'_>) -> Result<Kind> {
    let [measurements, metadata] = sections(input, ["measurements", "metadata"], fields)?;
    Ok(Kind::Event {
        measurements: measurements.unwrap_or_default(),
        metadata: metadata.unwrap_or_default(),
    })
}

fn span(input: ParseStream<'_>) -> Result<Kind> {
    enum Section {
        Metadata(Vec<Declared>),
        Stop(StopFields),
    }
    let [metadata, stop] = sections(input, ["metadata", "stop"], |name, input| {
        if name == "metadata" {
            fields(name, input).map(Section::Metadata)
        } else {
            let [measurements, metadata] =
                sections_in(input, ["measurements", "metadata"], fields)?;
            Ok(Section::Stop(StopFields {
                measurements: measurements.unwrap_or_default(),
                metadata: metadata.unwrap_or_default(),
            }))
        }
    })?;
    Ok(Kind::Span {
        metadata: match metadata {
            Some(Section::Metadata(metadata)) => metadata,
            _ => Vec::new(),
        },
        stop: match stop {
            Some(Section::Stop(stop)) => stop,
            _ => StopFields::default(),
        },
    })
}

/// `;`, or braces around at most one section of each name.
fn sections<T>(
    input: ParseStream<'_>,
    names: [&str; 2],
    section: impl Fn(&str, ParseStream<'_>) -> Result<T>,
) -> Result<[Option<T>; 2]> {
    if input.parse::<Option<Token![;]>>()?.is_some() {
        return Ok([None, None]);
    }
    if !input.peek(syn::token::Brace) {
        let message = format!("expected `;` or a block with {}", diag::list(names));
        return Err(input.error(message));
    }
    let content;
    braced!(content in input);
    sections_in(&content, names, section)
}

fn sections_in<T>(
    input: ParseStream<'_>,
    names: [&str; 2],
    section: impl Fn(&str, ParseStream<'_>) -> Result<T>,
) -> Result<[Option<T>; 2]> {
    let mut found = [None, None];
    while !input.is_empty() {
        let keyword = input.call(Ident::parse_any)?;
        let text = keyword.to_string();
        let Some(index) = names.iter().position(|name| *name == text) else {
            let message = format!(
                "unknown section `{text}`; allowed here are {}{}",
                diag::list(names),
                diag::did_you_mean(&text, names)
            );
            return Err(syn::Error::new(keyword.span(), message));
        };
        if found[index].is_some() {
            let message = format!("`{text}` stands twice; put all fields into one block");
            return Err(syn::Error::new(keyword.span(), message));
        }
        if !input.peek(syn::token::Brace) {
            return Err(input.error(format!("expected a block of fields, `{text} {{ … }}`")));
        }
        let content;
        braced!(content in input);
        found[index] = Some(section(&text, &content)?);
    }
    Ok(found)
}

fn fields(_: &str, input: ParseStream<'_>) -> Result<Vec<Declared>> {
    Ok(Punctuated::<Declared, Token![,]>::parse_terminated(input)?.into_iter().collect())
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = raw_if_keyword(input.call(Ident::parse_any)?);
        input.parse::<Token![:]>().map_err(|error| {
            syn::Error::new(
                error.span(),
                format!("expected `{name}: Type`; every field has a type"),
            )
        })?;
        Ok(Self { attributes, name, ty: input.parse()? })
    }
}
