//! The grammar of `events!`.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Result, Token, Type, Visibility, braced};

use crate::diag::{self, Mistakes};
use crate::dotted::{Dotted, raw_if_keyword};
use crate::input;
use crate::paths::Facade;

/// The words that declare something.
const KINDS: [&str; 2] = ["event", "span"];

/// A whole block, without what could not be read of it.
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
    Event(Sections),
    Span {
        metadata: Vec<Declared>,
        /// What it declares for its `stop`.
        stop: Sections,
    },
}

#[derive(Default)]
pub(super) struct Sections {
    pub(super) measurements: Vec<Declared>,
    pub(super) metadata: Vec<Declared>,
}

/// One declared field.
pub(super) struct Declared {
    pub(super) attributes: Vec<Attribute>,
    pub(super) name: Ident,
    pub(super) ty: Type,
}

impl Block {
    pub(super) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        let facade = Facade::parse::<Token![;]>(input)?;
        let entries = input::entries(input, mistakes, begins, Entry::parse);
        Ok(Self { facade, entries })
    }
}

/// Whether an entry begins here.
fn begins(input: ParseStream<'_>) -> bool {
    let keyword = input.fork().call(Ident::parse_any);
    keyword.is_ok_and(|word| word == "pub" || KINDS.iter().any(|kind| word == kind))
        || input.peek(Token![#])
}

impl Entry {
    fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let keyword = input.call(Ident::parse_any).map_err(|error| {
            let message = "expected a declaration, as in `event my_app.orders.placed;` or `span my_app.payment.process;`";
            syn::Error::new(error.span(), message)
        })?;
        let text = keyword.to_string();
        if !KINDS.contains(&text.as_str()) {
            let message = format!(
                "unknown declaration `{text}`; a vocabulary declares {}{}",
                diag::list(KINDS),
                diag::did_you_mean(&text, KINDS)
            );
            mistakes.add(keyword.span(), message);
        }
        let name = input.parse()?;
        let kind = match diag::nearest(&text, KINDS) {
            Some("span") => span(input, mistakes)?,
            _ => event(input, mistakes)?,
        };
        Ok(Self { attributes, visibility, name, kind })
    }
}

fn event(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Kind> {
    let mut event = Sections::default();
    body(input, mistakes, Sections::NAMES, |section, input, mistakes| {
        event.set(section, fields(input, mistakes));
    })?;
    Ok(Kind::Event(event))
}

fn span(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Kind> {
    let mut metadata = Vec::new();
    let mut stop = Sections::default();
    body(input, mistakes, ["metadata", "stop"], |section, input, mistakes| {
        if section == "metadata" {
            metadata = fields(input, mistakes);
            return;
        }
        sections(input, mistakes, Sections::NAMES, |section, input, mistakes| {
            stop.set(section, fields(input, mistakes));
        });
    })?;
    Ok(Kind::Span { metadata, stop })
}

impl Sections {
    const NAMES: [&str; 2] = ["measurements", "metadata"];

    fn set(&mut self, section: &str, fields: Vec<Declared>) {
        if section == Self::NAMES[0] {
            self.measurements = fields;
        } else {
            self.metadata = fields;
        }
    }
}

/// `;`, or braces around sections.
fn body(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
    names: [&str; 2],
    section: impl FnMut(&str, ParseStream<'_>, &mut Mistakes),
) -> Result<()> {
    if input.parse::<Option<Token![;]>>()?.is_some() {
        return Ok(());
    }
    if input.peek(syn::token::Brace) {
        let content;
        braced!(content in input);
        sections(&content, mistakes, names, section);
        return Ok(());
    }
    let message = format!("expected `;` or a block with {}", diag::list(names));
    let mistake = syn::Error::new(input.span(), message);
    if !(input.is_empty() || begins(input)) {
        return Err(mistake);
    }
    mistakes.push(mistake);
    Ok(())
}

/// At most one section of each name. One that is misspelt counts as the one that was meant.
fn sections(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
    names: [&str; 2],
    mut section: impl FnMut(&str, ParseStream<'_>, &mut Mistakes),
) {
    let mut seen = Vec::new();
    let begins = |next: ParseStream<'_>| next.peek(Ident::peek_any);
    input::entries(input, mistakes, begins, |input, mistakes| {
        let keyword = input.call(Ident::parse_any)?;
        let text = keyword.to_string();
        if !names.contains(&text.as_str()) {
            let message = format!(
                "unknown section `{text}`; allowed here are {}{}",
                diag::list(names),
                diag::did_you_mean(&text, names)
            );
            let mistake = syn::Error::new(keyword.span(), message);
            if !input.peek(syn::token::Brace) {
                return Err(mistake);
            }
            mistakes.push(mistake);
        }
        if !input.peek(syn::token::Brace) {
            let message = format!("expected a block of fields, `{text} {{ … }}`");
            return Err(syn::Error::new(input.span(), message));
        }
        let content;
        braced!(content in input);
        match diag::nearest(&text, names) {
            Some(name) if seen.contains(&name) => {
                let message = format!("`{text}` stands twice; put all fields into one block");
                mistakes.add(keyword.span(), message);
            }
            Some(name) => {
                seen.push(name);
                section(name, &content, mistakes);
            }
            None => {}
        }
        // what no section has read
        content.parse::<TokenStream>()?;
        Ok(())
    });
}

fn fields(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Vec<Declared> {
    let begins = |next: ParseStream<'_>| next.peek(Ident::peek_any) && next.peek2(Token![:]);
    input::list(input, mistakes, begins, |field, _| field.call(Declared::parse))
}

impl Declared {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = raw_if_keyword(input.call(Ident::parse_any)?);
        if !input.peek(Token![:]) {
            let message = format!("the field `{name}` has no type; write `{name}: Type`");
            return Err(syn::Error::new(name.span(), message));
        }
        input.parse::<Token![:]>()?;
        let ty = input.parse().map_err(|error: syn::Error| {
            syn::Error::new(error.span(), format!("expected a type, as in `{name}: u64`"))
        })?;
        Ok(Self { attributes, name, ty })
    }
}
