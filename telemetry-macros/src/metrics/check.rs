//! The rules of a metric that rustc would not check, or not say well. One function per rule.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Expr, ExprClosure, Lit, UnOp};

use super::parse::{Block, Entry, MetricOption, OptionValue, Tag};
use super::units::Unit;
use crate::diag::{Mistakes, did_you_mean, list, nearest};
use crate::dotted::{Dotted, Name};

pub(super) const KINDS: [&str; 4] = ["counter", "sum", "last_value", "distribution"];
pub(super) const OPTIONS: [&str; 8] =
    ["name", "description", "tags", "keep", "drop", "unit", "buckets", "expire_after"];

/// Each rule also mends what it complains of, so that rustc checks the rest of the metric.
pub(super) fn block(block: &mut Block, mistakes: &mut Mistakes) {
    for entry in &mut block.entries {
        kind_is_known(entry, mistakes);
        source_has_event_and_measurement(entry, mistakes);
        attributes_are_known(entry, mistakes);
        options_stand_once(&mut entry.options, mistakes);
        keep_excludes_drop(&mut entry.options, mistakes);
        only_distributions_have_buckets(entry, mistakes);
        distributions_have_buckets(entry, mistakes);
        entry.options.retain_mut(|option| self::option(option, mistakes));
    }
}

/// Whether the option makes sense.
fn option(option: &mut MetricOption, mistakes: &mut Mistakes) -> bool {
    match &mut option.value {
        OptionValue::Tags(tags) => {
            tags_are_unique(tags, mistakes);
            tags.retain(|tag| tag_is_a_field_a_closure_or_a_constant(tag, mistakes));
            true
        }
        OptionValue::Keep(closure) | OptionValue::Drop(closure) => {
            closure_takes_metadata_and_measurements(closure, mistakes)
        }
        OptionValue::Unit { from: Some(from), to } => units_convert(from, to, mistakes),
        OptionValue::Buckets(buckets) => {
            buckets_are_rising_numbers(&option.keyword, buckets, mistakes);
            true
        }
        OptionValue::Name(name) => {
            name_has_no_qualifier(name, mistakes);
            true
        }
        OptionValue::Unit { .. } | OptionValue::Description(_) | OptionValue::ExpireAfter(_) => {
            true
        }
    }
}

fn kind_is_known(entry: &mut Entry, mistakes: &mut Mistakes) {
    let text = entry.kind.to_string();
    if !KINDS.contains(&text.as_str()) {
        mistakes.add(
            entry.kind.span(),
            format!(
                "unknown kind of metric `{text}`; kinds are {}{}",
                list(KINDS),
                did_you_mean(&text, KINDS)
            ),
        );
        entry.kind = Ident::new(nearest(&text, KINDS).unwrap_or("counter"), entry.kind.span());
    }
}

fn source_has_event_and_measurement(entry: &mut Entry, mistakes: &mut Mistakes) {
    if let Name::Whole(source) = &entry.source
        && source.segments().len() < 2
    {
        let name = source.name();
        mistakes.add(
            source.span(),
            format!("`{name}` is too short for an event and a measurement; write as in `my_app.orders.placed.count`"),
        );
        entry.source = Name::Half(None);
    }
}

fn attributes_are_known(entry: &mut Entry, mistakes: &mut Mistakes) {
    const ALLOWED: [&str; 2] = ["doc", "cfg"];
    entry.attributes.retain(|attribute| {
        let is_known = ALLOWED.iter().any(|name| attribute.path().is_ident(name));
        if !is_known {
            mistakes.add(
                attribute.path().segments[0].ident.span(),
                format!("this attribute has no meaning on a metric; allowed are {}", list(ALLOWED)),
            );
        }
        is_known
    });
}

fn options_stand_once(options: &mut Vec<MetricOption>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    options.retain(|option| {
        let is_new = seen.insert(option.keyword.to_string());
        if !is_new {
            mistakes.add(
                option.keyword.span(),
                format!("the option `{}` stands twice; give it once", option.keyword),
            );
        }
        is_new
    });
}

fn keep_excludes_drop(options: &mut Vec<MetricOption>, mistakes: &mut Mistakes) {
    let has_keep = options.iter().any(|option| matches!(option.value, OptionValue::Keep(_)));
    options.retain(|option| {
        let excluded = has_keep && matches!(option.value, OptionValue::Drop(_));
        if excluded {
            mistakes.add(
                option.keyword.span(),
                "`keep` and `drop` exclude each other; write one closure with both conditions",
            );
        }
        !excluded
    });
}

fn tags_are_unique(tags: &mut Vec<Tag>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    tags.retain(|tag| {
        let name = tag.name.unraw().to_string();
        let is_new = seen.insert(name.clone());
        if !is_new {
            mistakes.add(tag.name.span(), format!("the tag `{name}` stands twice; give it once"));
        }
        is_new
    });
}

fn tag_is_a_field_a_closure_or_a_constant(tag: &Tag, mistakes: &mut Mistakes) -> bool {
    match &tag.value {
        Some(Expr::Closure(closure)) => closure_takes_metadata_and_measurements(closure, mistakes),
        None | Some(Expr::Lit(_) | Expr::Path(_) | Expr::Unary(_)) => true,
        Some(other) => {
            mistakes.push(syn::Error::new_spanned(
                other,
                format!("the tag `{0}` is neither a field, a closure nor a constant; allowed are `{0}`, `{0} = |m| …` and `{0} = \"constant\"`", tag.name),
            ));
            false
        }
    }
}

fn closure_takes_metadata_and_measurements(closure: &ExprClosure, mistakes: &mut Mistakes) -> bool {
    let takes_them = (1..=2).contains(&closure.inputs.len());
    if !takes_them {
        mistakes.push(syn::Error::new_spanned(
            closure,
            format!(
                "this closure takes {} arguments; allowed are `|m|`, the metadata, and `|m, x|`, metadata and measurements",
                closure.inputs.len()
            ),
        ));
    }
    takes_them
}

fn units_convert(from: &Ident, to: &Ident, mistakes: &mut Mistakes) -> bool {
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
    let (Some(source), Some(target)) = (known(from), known(to)) else { return false };
    let convert = source.converts_into(target);
    if !convert {
        mistakes.add(
            to.span(),
            format!(
                "`{from}` and `{to}` have different dimensions; `{from}` converts into {}",
                list(source.siblings())
            ),
        );
    }
    convert
}

fn only_distributions_have_buckets(entry: &mut Entry, mistakes: &mut Mistakes) {
    let Entry { kind, options, .. } = entry;
    options.retain(|option| {
        let is_spare = *kind != "distribution" && matches!(option.value, OptionValue::Buckets(_));
        if is_spare {
            mistakes.add(
                option.keyword.span(),
                format!("a `{kind}` has no buckets; `distribution` has"),
            );
        }
        !is_spare
    });
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

fn buckets_are_rising_numbers(keyword: &Ident, buckets: &[Expr], mistakes: &mut Mistakes) {
    if buckets.is_empty() {
        mistakes.add(
            keyword.span(),
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

fn name_has_no_qualifier(name: &Dotted, mistakes: &mut Mistakes) {
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
