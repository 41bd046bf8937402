//! The options of a metric.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Lit, LitStr, Result, Token, braced};

use super::super::buckets::Buckets;
use super::super::check::OPTIONS;
use super::super::closure::Closure;
use super::super::literal::{literal, number};
use super::{Tag, bracketed_list};
use crate::diag::{self, Mistakes};
use crate::dotted::{Dotted, Name, raw_if_keyword};
use crate::duration::DurationText;
use crate::input;

/// `tags = […]`. One with a mistake stays, so that it does not count as left out.
pub(in super::super) struct MetricOption {
    pub(in super::super) keyword: Ident,
    pub(in super::super) value: OptionValue,
}

pub(in super::super) enum OptionValue {
    Name(Dotted),
    Events(Vec<Name>),
    Measurement(Measurement),
    Tags(Vec<Tag>),
    TagValues(Closure),
    Keep(Closure),
    Drop(Closure),
    /// `from => to`, or one unit.
    Unit {
        from: Option<Ident>,
        to: Ident,
    },
    Description(LitStr),
    Buckets(Buckets),
    /// Buckets that were checked.
    Bounds(Vec<f64>),
    Percentiles(Vec<Expr>),
    ReporterOptions(Vec<ReporterOption>),
    Nav(LitStr),
    ExpireAfter(DurationText),
    SeriesLimit(Expr),
    /// Its mistake is told.
    Broken,
}

/// What is measured, where the metric's name does not say it.
pub(in super::super) enum Measurement {
    Field(Ident),
    Closure(Closure),
}

/// `statsd_rate = 0.5`
pub(in super::super) struct ReporterOption {
    pub(in super::super) name: Ident,
    pub(in super::super) written: Expr,
}

/// The value of a reporter's option.
pub(in super::super) enum ReporterValue {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Str(String),
}

impl MetricOption {
    pub(super) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        let keyword = input.call(Ident::parse_any)?;
        let text = keyword.to_string();
        if !OPTIONS.contains(&text.as_str()) {
            return Err(syn::Error::new(keyword.span(), diag::unknown_option(&text, OPTIONS)));
        }
        if !input.peek(Token![=]) {
            return Err(syn::Error::new(keyword.span(), diag::option_without_value(&text)));
        }
        input.parse::<Token![=]>()?;
        let value = OptionValue::parse(&text, input, mistakes).unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            input::until_comma(input);
            OptionValue::Broken
        });
        Ok(Self { keyword, value })
    }

    /// The keyword, if the option has a mistake.
    pub(in super::super) fn broken(&self) -> Option<Ident> {
        matches!(self.value, OptionValue::Broken).then(|| self.keyword.clone())
    }
}

impl OptionValue {
    fn parse(keyword: &str, input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        Ok(match keyword {
            "name" => Self::Name(input.parse()?),
            "events" => Self::Events(bracketed_list(input, mistakes, |event, mistakes| {
                Ok(Name::parse(event, mistakes))
            })?),
            "measurement" => Self::Measurement(input.parse()?),
            "tags" => Self::Tags(bracketed_list(input, mistakes, |tag, _| Tag::parse(tag))?),
            "tag_values" => Self::TagValues(input.parse()?),
            "keep" => Self::Keep(input.parse()?),
            "drop" => Self::Drop(input.parse()?),
            "unit" => {
                let first = unit(input)?;
                match input.parse::<Option<Token![=>]>>()? {
                    Some(_) => Self::Unit { from: Some(first), to: unit(input)? },
                    None => Self::Unit { from: None, to: first },
                }
            }
            "description" => Self::Description(text(input, "description")?),
            "buckets" => Self::Buckets(Buckets::parse(input, mistakes)?),
            "percentiles" => {
                Self::Percentiles(bracketed_list(input, mistakes, |value, _| value.parse())?)
            }
            "reporter_options" => Self::ReporterOptions(reporter_options(input, mistakes)?),
            "nav" => Self::Nav(text(input, "nav")?),
            "expire_after" => Self::ExpireAfter(input.parse()?),
            _ => Self::SeriesLimit(input.parse()?),
        })
    }
}

impl Parse for Measurement {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let is_field = input.peek(Ident::peek_any) && !input.peek(Token![move]);
        if is_field && (input.peek2(Token![,]) || is_last(input)) {
            return Ok(Self::Field(raw_if_keyword(input.call(Ident::parse_any)?)));
        }
        let expression: Expr = input.parse()?;
        Closure::from_expression(&expression).map(Self::Closure).ok_or_else(|| {
            syn::Error::new_spanned(
                expression,
                "a measurement is the name of a field, or a closure, `|m, x| …`, that gives a number",
            )
        })
    }
}

/// Whether one token is left.
fn is_last(input: ParseStream<'_>) -> bool {
    let rest = input.fork();
    rest.call(Ident::parse_any).is_ok() && rest.is_empty()
}

impl ReporterOption {
    /// The value, if it is a literal that can be one.
    pub(in super::super) fn value(&self) -> Option<ReporterValue> {
        Some(match literal(&self.written)? {
            (Lit::Bool(value), _) => ReporterValue::Bool(value.value()),
            (Lit::Str(text), _) => ReporterValue::Str(text.value()),
            (Lit::Int(int), sign) => {
                let value = int.base10_parse::<i128>().ok()? * i128::from(sign);
                ReporterValue::Integer(value.try_into().ok()?)
            }
            _ => ReporterValue::Float(number(&self.written)?),
        })
    }
}

fn unit(input: ParseStream<'_>) -> Result<Ident> {
    input.parse().map_err(|error| {
        let message =
            "a unit is a name, as in `unit = millisecond` and `unit = native => millisecond`";
        syn::Error::new(error.span(), message)
    })
}

fn text(input: ParseStream<'_>, keyword: &str) -> Result<LitStr> {
    input.parse().map_err(|error| {
        let message = format!("`{keyword}` is a text, as in `{keyword} = \"…\"`");
        syn::Error::new(error.span(), message)
    })
}

/// `{ statsd_rate = 0.5, … }`
fn reporter_options(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
) -> Result<Vec<ReporterOption>> {
    if !input.peek(syn::token::Brace) {
        return Err(input.error(
            "expected options in braces, as in `reporter_options = { statsd_rate = 0.5 }`",
        ));
    }
    let content;
    braced!(content in input);
    let begins = |next: ParseStream<'_>| next.peek(Ident::peek_any) && next.peek2(Token![=]);
    Ok(input::list(&content, mistakes, begins, |option, _| {
        let name = option.call(Ident::parse_any)?;
        if !option.peek(Token![=]) {
            return Err(syn::Error::new(name.span(), diag::option_without_value(&name)));
        }
        option.parse::<Token![=]>()?;
        Ok(ReporterOption { name, written: option.parse()? })
    }))
}
