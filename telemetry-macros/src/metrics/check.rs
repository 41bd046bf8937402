//! The rules of a metric that rustc would not check, or not say well. One function per rule.

mod option;
mod source;

use std::collections::HashSet;

use proc_macro2::Ident;

use super::parse::{Block, Entry, MetricOption, OptionValue, Tag};
use crate::diag::{Mistakes, did_you_mean, list, nearest};

pub(super) const KINDS: [&str; 5] = ["counter", "sum", "last_value", "summary", "distribution"];
pub(super) const OPTIONS: [&str; 15] = [
    "name",
    "events",
    "measurement",
    "tags",
    "tag_values",
    "keep",
    "drop",
    "unit",
    "description",
    "buckets",
    "percentiles",
    "reporter_options",
    "nav",
    "expire_after",
    "series_limit",
];

/// Each rule also mends what it complains of, so that rustc checks the rest of the metric.
pub(super) fn block(block: &mut Block, mistakes: &mut Mistakes) {
    for entry in &mut block.entries {
        kind_is_known(entry, mistakes);
        attributes_are_known(entry, mistakes);
        options_stand_once(&mut entry.options, mistakes);
        source::check(entry, mistakes);
        keep_excludes_drop(&mut entry.options, mistakes);
        only_distributions_have_buckets(entry, mistakes);
        only_summaries_have_percentiles(entry, mistakes);
        tag_values_are_read(&mut entry.options, mistakes);
        for option in &mut entry.options {
            if !option::check(option, mistakes) {
                option.value = OptionValue::Broken;
            }
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

fn only_summaries_have_percentiles(entry: &mut Entry, mistakes: &mut Mistakes) {
    let Entry { kind, options, .. } = entry;
    options.retain(|option| {
        let is_spare = *kind != "summary" && matches!(option.value, OptionValue::Percentiles(_));
        if is_spare {
            mistakes.add(
                option.keyword.span(),
                format!("a `{kind}` has no percentiles; `summary` has"),
            );
        }
        !is_spare
    });
}

fn tag_values_are_read(options: &mut Vec<MetricOption>, mistakes: &mut Mistakes) {
    let are_read = options.iter().any(|option| match &option.value {
        OptionValue::Tags(tags) => tags.iter().any(Tag::is_field),
        _ => option.keyword == "tags",
    });
    options.retain(|option| {
        let is_spare = !are_read && matches!(option.value, OptionValue::TagValues(_));
        if is_spare {
            mistakes.add(
                option.keyword.span(),
                "no tag reads these values; name their fields in `tags = […]`",
            );
        }
        !is_spare
    });
}
