//! The rules of single options.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Expr, Lit, LitStr};

use super::super::closure::Closure;
use super::super::literal::{literal, number, ungrouped};
use super::super::parse::{Measurement, MetricOption, OptionValue, ReporterOption, Tag, TagSource};
use super::super::units::Unit;
use crate::diag::{Mistakes, did_you_mean, list};
use crate::dotted::Dotted;

/// Whether the option makes sense.
pub(super) fn check(option: &mut MetricOption, mistakes: &mut Mistakes) -> bool {
    let keyword = &option.keyword;
    match &mut option.value {
        OptionValue::Name(name) => {
            name_has_no_qualifier(name, mistakes);
            true
        }
        OptionValue::Tags(tags) => {
            tags_are_unique(tags, mistakes);
            tags.retain(|tag| tag_is_a_field_a_closure_or_a_constant(tag, mistakes));
            true
        }
        OptionValue::Measurement(Measurement::Closure(closure))
        | OptionValue::TagValues(closure)
        | OptionValue::Keep(closure)
        | OptionValue::Drop(closure) => closure_takes_metadata_and_measurements(closure, mistakes),
        OptionValue::Unit { from: Some(from), to } => units_convert(from, to, mistakes),
        OptionValue::Unit { from: None, to } => unit_is_no_slip(to, mistakes),
        OptionValue::Buckets(buckets) => match buckets.bounds(keyword, mistakes) {
            Some(bounds) => {
                option.value = OptionValue::Bounds(bounds);
                true
            }
            None => false,
        },
        OptionValue::Percentiles(values) => {
            percentiles_rise_between_0_and_1(keyword, values, mistakes)
        }
        OptionValue::ReporterOptions(options) => {
            reporter_options_are_unique(options, mistakes);
            options.retain(|option| reporter_option_is_a_literal(option, mistakes));
            true
        }
        OptionValue::Nav(text) => nav_is_not_empty(text, mistakes),
        OptionValue::SeriesLimit(limit) => series_limit_is_positive(limit, mistakes),
        OptionValue::Events(_)
        | OptionValue::Measurement(Measurement::Field(_))
        | OptionValue::Description(_)
        | OptionValue::Bounds(_)
        | OptionValue::Broken
        | OptionValue::ExpireAfter(_) => true,
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
        TagSource::Closure(closure) => closure_takes_metadata_and_measurements(closure, mistakes),
        TagSource::Field => true,
        TagSource::Other(value) => {
            let is_constant = matches!(ungrouped(value), Expr::Path(_)) || literal(value).is_some();
            if !is_constant {
                mistakes.push(syn::Error::new_spanned(
                    value,
                    format!("the tag `{0}` is neither a field, a closure nor a constant; allowed are `{0}`, `{0} = |m| …` and `{0} = \"constant\"`", tag.name),
                ));
            }
            is_constant
        }
    }
}

fn closure_takes_metadata_and_measurements(closure: &Closure, mistakes: &mut Mistakes) -> bool {
    let written = closure.written();
    let takes_them = (1..=2).contains(&written.inputs.len());
    if !takes_them {
        mistakes.push(syn::Error::new_spanned(
            written,
            format!(
                "this closure takes {} arguments; allowed are `|m|`, the metadata, and `|m, x|`, metadata and measurements",
                written.inputs.len()
            ),
        ));
    }
    takes_them && closure_is_plain(closure, mistakes)
}

fn closure_is_plain(closure: &Closure, mistakes: &mut Mistakes) -> bool {
    let asyncness = closure.written().asyncness.as_ref();
    if let Some(asyncness) = asyncness {
        mistakes.add(
            asyncness.span,
            "this closure runs within `execute!` and cannot be `async`; write it without",
        );
    }
    asyncness.is_none()
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

/// Own names are free, but `seconds` is not meant to be one.
fn unit_is_no_slip(unit: &Ident, mistakes: &mut Mistakes) -> bool {
    let text = unit.to_string();
    let meant = Unit::find(&text).is_none().then(|| Unit::nearly(&text)).flatten();
    if let Some(meant) = meant {
        mistakes.add(
            unit.span(),
            format!("`{text}` is not the unit `{meant}`; did you mean `{meant}`?"),
        );
    }
    meant.is_none()
}

fn percentiles_rise_between_0_and_1(
    keyword: &Ident,
    values: &[Expr],
    mistakes: &mut Mistakes,
) -> bool {
    let before = mistakes.count();
    if values.is_empty() {
        mistakes.add(
            keyword.span(),
            "`percentiles` is empty; give at least one, as in `percentiles = [0.5, 0.9, 0.99]`, or leave it out",
        );
    }
    let mut previous: Option<f64> = None;
    for written in values {
        let Some(value) = number(written).filter(|value| (0.0..=1.0).contains(value)) else {
            mistakes.push(syn::Error::new_spanned(
                written,
                "a percentile is a number from 0 to 1, as in `percentiles = [0.5, 0.9, 0.99]`",
            ));
            continue;
        };
        if previous.is_some_and(|previous| value <= previous) {
            mistakes.push(syn::Error::new_spanned(
                written,
                "percentiles must rise; this one is not above the one before it",
            ));
        }
        previous = Some(value);
    }
    mistakes.count() == before
}

fn reporter_options_are_unique(options: &mut Vec<ReporterOption>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    options.retain(|option| {
        let name = option.name.unraw().to_string();
        let is_new = seen.insert(name.clone());
        if !is_new {
            let message = format!("the reporter's option `{name}` stands twice; give it once");
            mistakes.add(option.name.span(), message);
        }
        is_new
    });
}

fn reporter_option_is_a_literal(option: &ReporterOption, mistakes: &mut Mistakes) -> bool {
    let is_literal = option.value().is_some();
    if !is_literal {
        mistakes.push(syn::Error::new_spanned(
            &option.written,
            "a reporter's option is `true`, `false`, a text, a finite number or an integer of 64 bits",
        ));
    }
    is_literal
}

fn nav_is_not_empty(text: &LitStr, mistakes: &mut Mistakes) -> bool {
    let is_there = !text.value().trim().is_empty();
    if !is_there {
        mistakes.add(
            text.span(),
            "`nav` is empty; name a group of the dashboard, as in `nav = \"Orders\"`, or leave it out",
        );
    }
    is_there
}

fn series_limit_is_positive(limit: &Expr, mistakes: &mut Mistakes) -> bool {
    let value = match literal(limit) {
        Some((Lit::Int(int), 1)) => int.base10_parse::<u32>().ok(),
        _ => None,
    };
    let is_positive = value.is_some_and(|value| value > 0);
    if !is_positive {
        mistakes.push(syn::Error::new_spanned(
            limit,
            "`series_limit` is a number of series, 1 or more, as in `series_limit = 500`",
        ));
    }
    is_positive
}
