//! The grammar of `metrics!`.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, ExprClosure, LitStr, Result, Token, Visibility, bracketed, parenthesized,
};

use super::check::{KINDS, OPTIONS};
use crate::diag;
use crate::dotted::{Dotted, raw_if_keyword};
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
    pub(super) source: Dotted,
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
}

/// `route`, `class = |m| …` or `region = "eu"`
pub(super) struct Tag {
    pub(super) name: Ident,
    pub(super) value: Option<Expr>,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let facade = Facade::parse::<Token![;]>(input)?;
        let mut group = None;
        let fork = input.fork();
        if fork.parse::<Visibility>().is_ok() && fork.peek(Token![static]) {
            let visibility = input.parse()?;
            input.parse::<Token![static]>()?;
            group = Some((visibility, input.parse()?));
            input.parse::<Token![;]>()?;
        }
        let mut entries = Vec::new();
        while !input.is_empty() {
            entries.push(input.parse()?);
        }
        Ok(Self { facade, group, entries })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let kind: Ident = input.call(Ident::parse_any)?;
        if !input.peek(syn::token::Paren) {
            let message = format!(
                "expected a metric, as in `counter(my_app.orders.placed.count);`; kinds are {}",
                diag::list(KINDS)
            );
            return Err(syn::Error::new(kind.span(), message));
        }
        let content;
        parenthesized!(content in input);
        let source = content.parse()?;
        let mut options = Vec::new();
        while !content.is_empty() {
            content.parse::<Token![,]>()?;
            if !content.is_empty() {
                options.push(content.parse()?);
            }
        }
        input.parse::<Token![;]>()?;
        Ok(Self { attributes, kind, source, options })
    }
}

impl Parse for MetricOption {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
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
        input.parse::<Token![=]>()?;
        let value = match text.as_str() {
            "name" => OptionValue::Name(input.parse()?),
            "description" => OptionValue::Description(input.parse()?),
            "tags" => OptionValue::Tags(list(input)?),
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
            _ => OptionValue::Buckets(list(input)?),
        };
        Ok(Self { keyword, value })
    }
}

impl Parse for Tag {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = raw_if_keyword(input.call(Ident::parse_any)?);
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, value })
    }
}

fn list<T: Parse>(input: ParseStream<'_>) -> Result<Vec<T>> {
    let content;
    bracketed!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
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
