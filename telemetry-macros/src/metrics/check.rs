//! The rules of a metric that rustc would not check, or not say well. One function per rule.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Expr, ExprClosure, Lit, UnOp};

use super::parse::{Block, Entry, MetricOption, OptionValue, Tag};
use super::units::Unit;
use crate::diag::{Mistakes, did_you_mean, list};

pub(super) const KINDS: [&str; 4] = ["counter", "sum", "last_value", "distribution"];
pub(super) const OPTIONS: [&str; 7] =
    ["name", "description", "tags", "keep", "drop", "unit", "buckets"];

pub(super) fn block(block: &Block, mistakes: &mut Mistakes) {
    for entry in &block.entries {
        kind_is_known(&entry.kind, mistakes);
        source_has_event_and_measurement(entry, mistakes);
        attributes_are_known(entry, mistakes);
        options_stand_once(&entry.options, mistakes);
        keep_excludes_drop(&entry.options, mistakes);
        for option in &entry.options {
            match &option.value {
                OptionValue::Tags(tags) => {
                    tags_are_unique(tags, mistakes);
                    tags_are_fields_closures_or_constants(tags, mistakes);
                }
                OptionValue::Keep(closure) | OptionValue::Drop(closure) => {
                    closure_takes_metadata_and_measurements(closure, mistakes);
                }
                OptionValue::Unit { from: Some(from), to } => {
                    units_convert(from, to, mistakes);
                }
                OptionValue::Buckets(buckets) => {
                    only_distributions_have_buckets(entry, option, mistakes);
                    buckets_are_rising_numbers(option, buckets, mistakes);
                }
                OptionValue::Name(name) => name_has_no_qualifier(name, mistakes),
                OptionValue::Unit { .. } | OptionValue::Description(_) => {}
            }
        }
        distributions_have_buckets(entry, mistakes);
    }
}

fn kind_is_known(kind: &Ident, mistakes: &mut Mistakes) {
    let text = kind.to_string();
    if !KINDS.contains(&text.as_str()) {
        mistakes.add(
            kind.span(),
            format!(
                "unknown kind of metric `{text}`; kinds are {}{}",
                list(KINDS),
                did_you_mean(&text, KINDS)
            ),
        );
    }
}

fn source_has_event_and_measurement(entry: &Entry, mistakes: &mut Mistakes) {
    if entry.source.segments().len() < 3 {
        let name = entry.source.name();
        mistakes.add(
            entry.source.span(),
            format!("`{name}` is too short for an event and a measurement; write as in `my_app.orders.placed.count`"),
        );
    }
}

fn attributes_are_known(entry: &Entry, mistakes: &mut Mistakes) {
    const ALLOWED: [&str; 2] = ["doc", "cfg"];
    for attribute in &entry.attributes {
        if !ALLOWED.iter().any(|name| attribute.path().is_ident(name)) {
            mistakes.add(
                attribute.path().segments[0].ident.span(),
                format!("this attribute has no meaning on a metric; allowed are {}", list(ALLOWED)),
            );
        }
    }
}

fn options_stand_once(options: &[MetricOption], mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for option in options {
        if !seen.insert(option.keyword.to_string()) {
            mistakes.add(
                option.keyword.span(),
                format!("the option `{}` stands twice; give it once", option.keyword),
            );
        }
    }
}

fn keep_excludes_drop(options: &[MetricOption], mistakes: &mut Mistakes) {
    let has_keep = options.iter().any(|option| matches!(option.value, OptionValue::Keep(_)));
    let drop = options.iter().find(|option| matches!(option.value, OptionValue::Drop(_)));
    if let (true, Some(drop)) = (has_keep, drop) {
        mistakes.add(
            drop.keyword.span(),
            "`keep` and `drop` exclude each other; write one closure with both conditions",
        );
    }
}

fn tags_are_unique(tags: &[Tag], mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for tag in tags {
        let name = tag.name.unraw().to_string();
        if !seen.insert(name.clone()) {
            mistakes.add(tag.name.span(), format!("the tag `{name}` stands twice; give it once"));
        }
    }
}

fn tags_are_fields_closures_or_constants(tags: &[Tag], mistakes: &mut Mistakes) {
    for tag in tags {
        match &tag.value {
            Some(Expr::Closure(closure)) => {
                closure_takes_metadata_and_measurements(closure, mistakes);
            }
            None | Some(Expr::Lit(_) | Expr::Path(_) | Expr::Unary(_)) => {}
            Some(other) => mistakes.push(syn::Error::new_spanned(
                other,
                format!("the tag `{0}` is neither a field, a closure nor a constant; allowed are `{0}`, `{0} = |m| …` and `{0} = \"constant\"`", tag.name),
            )),
        }
    }
}

fn closure_takes_metadata_and_measurements(closure: &ExprClosure, mistakes: &mut Mistakes) {
    if !(1..=2).contains(&closure.inputs.len()) {
        mistakes.push(syn::Error::new_spanned(
            closure,
            format!(
                "this closure takes {} arguments; allowed are `|m|`, the metadata, and `|m, x|`, metadata and measurements",
                closure.inputs.len()
            ),
        ));
    }
}

fn units_convert(from: &Ident, to: &Ident, mistakes: &mut Mistakes) {
    let mut known = |unit: &Ident| {
        let text = unit.to_string();
        let found = Unit::find(&text);
        if found.is_none() {
            mistakes.add(
                unit.span(),
                format!(
                    "unknown unit `{text}`; units that convert are {}{}",
                    list(Unit::names()),
                    did_you_mean(&text, Unit::names())
                ),
            );
        }
        found
    };
    if let (Some(source), Some(target)) = (known(from), known(to))
        && !source.converts_into(target)
    {
        mistakes.add(
            to.span(),
            format!(
                "`{from}` and `{to}` have different dimensions; `{from}` converts into {}",
                list(source.siblings())
            ),
        );
    }
}

fn only_distributions_have_buckets(entry: &Entry, option: &MetricOption, mistakes: &mut Mistakes) {
    if entry.kind != "distribution" {
        mistakes.add(
            option.keyword.span(),
            format!("a `{}` has no buckets; `distribution` has", entry.kind),
        );
    }
}

fn distributions_have_buckets(entry: &Entry, mistakes: &mut Mistakes) {
    let has_buckets =
        entry.options.iter().any(|option| matches!(option.value, OptionValue::Buckets(_)));
    if entry.kind == "distribution" && !has_buckets {
        mistakes.add(
            entry.kind.span(),
            "a distribution needs buckets; give their upper bounds, as in `buckets = [10, 50, 100]`",
        );
    }
}

fn buckets_are_rising_numbers(option: &MetricOption, buckets: &[Expr], mistakes: &mut Mistakes) {
    if buckets.is_empty() {
        mistakes.add(
            option.keyword.span(),
            "`buckets` is empty; give at least one upper bound, as in `buckets = [10, 50, 100]`",
        );
    }
    let mut previous: Option<f64> = None;
    for bucket in buckets {
        let Some(bound) = number(bucket) else {
            mistakes.push(syn::Error::new_spanned(
                bucket,
                "a bucket's bound is a number, as in `buckets = [0.5, 1, 2.5]`",
            ));
            continue;
        };
        if previous.is_some_and(|previous| bound <= previous) {
            mistakes.push(syn::Error::new_spanned(
                bucket,
                "buckets must rise; this bound is not above the one before it",
            ));
        }
        previous = Some(bound);
    }
}

fn name_has_no_qualifier(name: &crate::dotted::Dotted, mistakes: &mut Mistakes) {
    if name.has_qualifier() {
        mistakes.add(
            name.segments()[0].span(),
            "a metric's name is dotted, as in `web.requests`; it is a name of its own and no path",
        );
    }
}

/// The value of a literal, negative or not.
pub(super) fn number(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            Lit::Float(float) => float.base10_parse().ok().filter(|value: &f64| value.is_finite()),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            number(&unary.expr).map(|value| -value)
        }
        _ => None,
    }
}
