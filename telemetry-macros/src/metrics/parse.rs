//! The grammar of `metrics!`.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Expr, ExprClosure, LitStr, Result, Token, Visibility, bracketed, parenthesized,
};

use super::check::{KINDS, OPTIONS};
use crate::diag::{self, Mistakes};
use crate::dotted::{Dotted, Name, raw_if_keyword};
use crate::duration::DurationText;
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
    /// Event and measurement.
    pub(super) source: Name,
    pub(super) options: Vec<MetricOption>,
}

/// `tags = […]`
pub(super) struct MetricOption {
    pub(super) keyword: Ident,
    pub(super) value: OptionValue,
}

pub(super) enum OptionValue {
    Name(Dotted),
    Description(LitStr),
    Tags(Vec<Tag>),
    Keep(ExprClosure),
    Drop(ExprClosure),
    /// `from => to`, or one unit.
    Unit {
        from: Option<Ident>,
        to: Ident,
    },
    Buckets(Vec<Expr>),
    ExpireAfter(DurationText),
}

/// `route`, `class = |m| …` or `region = "eu"`
pub(super) struct Tag {
    pub(super) name: Ident,
    pub(super) value: Option<Expr>,
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
        let source = Name::parse(&content, mistakes);
        if let Name::Whole(_) = source
            && !(content.is_empty() || content.peek(Token![,]))
        {
            mistakes.push(content.error("expected `,` after the measurement's name"));
        }
        input::until_comma(&content);
        content.parse::<Option<Token![,]>>()?;
        let begins = |next: ParseStream<'_>| next.peek(Ident::peek_any) && next.peek2(Token![=]);
        let options = input::list(&content, mistakes, begins, MetricOption::parse);
        if input.is_empty() || self::begins(input) {
            let message = format!("expected `;` after `{kind}(…)`");
            mistakes.add(content.span(), message);
        } else {
            input.parse::<Token![;]>()?;
        }
        Ok(Self { attributes, kind, source, options })
    }
}

impl MetricOption {
    fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        let keyword = input.call(Ident::parse_any)?;
        let text = keyword.to_string();
        if !OPTIONS.contains(&text.as_str()) {
            let message = format!(
                "unknown option `{text}`; options are {}{}",
                diag::list(OPTIONS),
                diag::did_you_mean(&text, OPTIONS)
            );
            return Err(syn::Error::new(keyword.span(), message));
        }
        if !input.peek(Token![=]) {
            let message = format!("the option `{text}` has no value; write `{text} = …`");
            return Err(syn::Error::new(keyword.span(), message));
        }
        input.parse::<Token![=]>()?;
        let value = match text.as_str() {
            "name" => OptionValue::Name(input.parse()?),
            "description" => OptionValue::Description(input.parse().map_err(|error| {
                syn::Error::new(error.span(), "a description is a text, `description = \"…\"`")
            })?),
            "tags" => OptionValue::Tags(list(input, mistakes, Tag::parse)?),
            "keep" => OptionValue::Keep(closure(input)?),
            "drop" => OptionValue::Drop(closure(input)?),
            "unit" => {
                let first = input.parse()?;
                if input.parse::<Option<Token![=>]>>()?.is_some() {
                    OptionValue::Unit { from: Some(first), to: input.parse()? }
                } else {
                    OptionValue::Unit { from: None, to: first }
                }
            }
            "expire_after" => OptionValue::ExpireAfter(input.parse()?),
            _ => OptionValue::Buckets(list(input, mistakes, |bound| bound.call(Expr::parse))?),
        };
        Ok(Self { keyword, value })
    }
}

impl Tag {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = raw_if_keyword(input.call(Ident::parse_any)?);
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, value })
    }

    /// As it is written, but for spaces.
    pub(super) fn text(&self) -> String {
        let name = &self.name;
        self.value.as_ref().map_or_else(
            || name.to_string(),
            |value| format!("{name} = {}", value.to_token_stream()),
        )
    }
}

fn list<T>(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
    parse: fn(ParseStream<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("expected a list in brackets, `[…, …]`"));
    }
    let content;
    bracketed!(content in input);
    let begins = |next: ParseStream<'_>| !next.peek(Token![=]);
    Ok(input::list(&content, mistakes, begins, |item, _| parse(item)))
}

fn closure(input: ParseStream<'_>) -> Result<ExprClosure> {
    match input.parse()? {
        Expr::Closure(closure) => Ok(closure),
        other => Err(syn::Error::new_spanned(
            other,
            "expected a closure over the metadata, `|m| …`, or over metadata and measurements, `|m, x| …`",
        )),
    }
}
