//! The grammar of `metrics!`.

mod option;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Result, Token, Visibility, bracketed, parenthesized};

pub(super) use self::option::{
    Measurement, MetricOption, OptionValue, ReporterOption, ReporterValue,
};
use super::check::KINDS;
use super::closure::Closure;
use crate::diag::{self, Mistakes};
use crate::dotted::{Name, raw_if_keyword};
use crate::input;
use crate::paths::Facade;

/// A whole block.
pub(super) struct Block {
    pub(super) facade: Facade,
    /// `pub static WEB;`
    pub(super) group: Option<(Visibility, Ident)>,
    pub(super) entries: Vec<Entry>,
}

/// One metric.
pub(super) struct Entry {
    pub(super) attributes: Vec<Attribute>,
    pub(super) kind: Ident,
    /// Event and measurement, unless the metric begins with an option.
    pub(super) source: Option<Name>,
    pub(super) options: Vec<MetricOption>,
}

/// `route`, `class = |m| …` or `region = "eu"`
pub(super) struct Tag {
    pub(super) name: Ident,
    pub(super) value: TagSource,
}

/// Where a tag's value comes from.
pub(super) enum TagSource {
    /// From the field of that name.
    Field,
    Closure(Closure),
    /// From what should be a constant.
    Other(Expr),
}

impl Block {
    pub(super) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        let facade = Facade::parse::<Token![;]>(input)?;
        let mut group = None;
        let fork = input.fork();
        if fork.parse::<Visibility>().is_ok() && fork.peek(Token![static]) {
            let visibility = input.parse()?;
            input.parse::<Token![static]>()?;
            group = Some((visibility, input.parse()?));
            input.parse::<Token![;]>()?;
        }
        let entries = input::entries(input, mistakes, begins, Entry::parse);
        Ok(Self { facade, group, entries })
    }
}

/// Whether an entry begins here.
fn begins(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(syn::token::Paren) || input.peek(Token![#])
}

impl Entry {
    fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let expected = || {
            format!(
                "expected a metric, as in `counter(my_app.orders.placed.count);`; kinds are {}",
                diag::list(KINDS)
            )
        };
        let kind =
            input.call(Ident::parse_any).map_err(|e| syn::Error::new(e.span(), expected()))?;
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new(kind.span(), expected()));
        }
        let content;
        parenthesized!(content in input);
        let source = (!begins_with_an_option(&content)).then(|| source(&content, mistakes));
        let options = input::list(&content, mistakes, begins_option, MetricOption::parse);
        if input.is_empty() || self::begins(input) {
            let message = format!("expected `;` after `{kind}(…)`");
            mistakes.add(content.span(), message);
        } else {
            input.parse::<Token![;]>()?;
        }
        Ok(Self { attributes, kind, source, options })
    }
}

fn begins_with_an_option(input: ParseStream<'_>) -> bool {
    input.is_empty() || begins_option(input)
}

fn begins_option(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=])
}

/// Event and measurement, with the comma behind them.
fn source(content: ParseStream<'_>, mistakes: &mut Mistakes) -> Name {
    let source = Name::parse(content, mistakes);
    if let Name::Whole(_) = source
        && !(content.is_empty() || content.peek(Token![,]))
    {
        mistakes.push(content.error("expected `,` after the measurement's name"));
    }
    input::until_comma(content);
    let _: Result<Token![,]> = content.parse();
    source
}

impl Tag {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = raw_if_keyword(input.call(Ident::parse_any)?);
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => TagSource::new(input.parse()?),
            None => TagSource::Field,
        };
        Ok(Self { name, value })
    }

    pub(super) fn is_field(&self) -> bool {
        matches!(self.value, TagSource::Field)
    }

    /// As it is written, but for spaces.
    pub(super) fn text(&self) -> String {
        let name = &self.name;
        match &self.value {
            TagSource::Field => name.to_string(),
            TagSource::Closure(closure) => format!("{name} = {}", closure.to_token_stream()),
            TagSource::Other(value) => format!("{name} = {}", value.to_token_stream()),
        }
    }
}

impl TagSource {
    fn new(value: Expr) -> Self {
        Closure::from_expression(&value).map_or(Self::Other(value), Self::Closure)
    }
}

/// `[…, …]`
pub(super) fn bracketed_list<T>(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
    parse: fn(ParseStream<'_>, &mut Mistakes) -> Result<T>,
) -> Result<Vec<T>> {
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("expected a list in brackets, `[…, …]`"));
    }
    let content;
    bracketed!(content in input);
    let begins = |next: ParseStream<'_>| !next.peek(Token![=]);
    Ok(input::list(&content, mistakes, begins, parse))
}
