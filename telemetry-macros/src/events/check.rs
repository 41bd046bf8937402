//! The rules of a vocabulary that rustc would not check, or not say well. One function per rule.
//!
//! A rule also mends what it complains of, so that the code for the rest is no second error.

mod fields;

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::Visibility;
use syn::ext::IdentExt;

use super::parse::{Block, Entry, Kind};
use crate::diag::{Mistakes, list};
use crate::dotted::is_path_keyword;

/// Items of an event's module.
const ITEMS_OF_EVENTS: [&str; 3] = ["Executed", "Measurements", "Metadata"];
/// Items of a span's module.
const ITEMS_OF_SPANS: [&str; 5] = ["Start", "Stop", "start", "stop", "exception"];
/// The word for executions in the names of counters.
const COUNT: &str = "count";

pub(super) fn block(block: &mut Block, mistakes: &mut Mistakes) {
    let entries = &mut block.entries;
    for entry in &mut *entries {
        name_has_no_qualifier(entry, mistakes);
        name_has_two_segments(entry, mistakes);
        attributes_are_known(entry, mistakes);
        visibility_begins_with_crate(entry, mistakes);
        fields::fields(&mut entry.kind, mistakes);
    }
    segments_are_no_path_keywords(entries, mistakes);
    names_are_unique(entries, mistakes);
    children_are_not_reserved(entries, mistakes);
    conditional_names_are_not_continued(entries, mistakes);
}

fn name_has_no_qualifier(entry: &Entry, mistakes: &mut Mistakes) {
    if entry.name.has_qualifier() {
        mistakes.add(
            entry.name.segments()[0].span(),
            "a declared name is dotted from its root, as in `my_app.orders.placed`; `::` is for uses elsewhere",
        );
    }
}

fn name_has_two_segments(entry: &Entry, mistakes: &mut Mistakes) {
    if entry.name.segments().len() < 2 {
        let name = entry.name.name();
        mistakes.add(
            entry.name.span(),
            format!(
                "the name `{name}` has one segment; names have at least two, as in `my_app.{name}`"
            ),
        );
    }
}

fn attributes_are_known(entry: &mut Entry, mistakes: &mut Mistakes) {
    const ALLOWED: [&str; 6] = ["doc", "cfg", "deprecated", "allow", "expect", "warn"];
    entry.attributes.retain(|attribute| {
        let is_known = ALLOWED.iter().any(|name| attribute.path().is_ident(name));
        if !is_known {
            mistakes.add(
                attribute.path().segments[0].ident.span(),
                format!(
                    "this attribute has no meaning on a declaration; allowed are {}",
                    list(ALLOWED)
                ),
            );
        }
        is_known
    });
}

fn visibility_begins_with_crate(entry: &mut Entry, mistakes: &mut Mistakes) {
    let Visibility::Restricted(restricted) = &entry.visibility else { return };
    let first = &restricted.path.segments[0].ident;
    if restricted.in_token.is_some() && first != "crate" {
        mistakes.add(
            first.span(),
            "a path in a visibility begins with `crate` here; the items stand in modules of their own",
        );
        entry.visibility = Visibility::Inherited;
    }
}

fn segments_are_no_path_keywords(entries: &mut Vec<Entry>, mistakes: &mut Mistakes) {
    entries.retain(|entry| {
        let keyword = entry.name.segments().iter().find(|segment| is_path_keyword(segment));
        if let Some(keyword) = keyword {
            mistakes.add(
                keyword.span(),
                format!(
                    "`{keyword}` cannot be a segment of a name; any other identifier or keyword can"
                ),
            );
        }
        keyword.is_none()
    });
}

fn names_are_unique(entries: &mut Vec<Entry>, mistakes: &mut Mistakes) {
    let mut seen: HashMap<String, bool> = HashMap::new();
    entries.retain(|entry| {
        // Entries under `cfg` may exclude each other; rustc speaks up where they do not.
        let conditional = is_conditional(entry);
        let name = entry.name.name();
        let twice = seen.insert(name.clone(), conditional) == Some(false) && !conditional;
        if twice {
            mistakes.add(
                entry.name.span(),
                format!("`{name}` is declared twice in this block; remove one or rename it"),
            );
        }
        !twice
    });
}

/// An event's module also holds the events whose names continue its own: those cannot be called
/// like the module's own items.
fn children_are_not_reserved(entries: &mut Vec<Entry>, mistakes: &mut Mistakes) {
    let items: HashMap<String, &[&str]> = entries
        .iter()
        .map(|entry| match &entry.kind {
            Kind::Event(_) => (entry.name.name(), &ITEMS_OF_EVENTS[..]),
            Kind::Span { .. } => (entry.name.name(), &ITEMS_OF_SPANS[..]),
        })
        .collect();
    entries.retain(|entry| {
        let mut name = Some(entry.name.clone());
        while let Some(child) = name {
            name = child.parent();
            let Some(parent) = &name else { break };
            let Some(reserved) = items.get(&parent.name()) else { continue };
            if child_is_reserved(child.last(), &parent.name(), reserved, mistakes) {
                return false;
            }
        }
        true
    });
}

fn child_is_reserved(
    child: &Ident,
    parent: &str,
    reserved: &[&str],
    mistakes: &mut Mistakes,
) -> bool {
    let name = child.unraw().to_string();
    let is_reserved = name == COUNT || reserved.contains(&name.as_str());
    if is_reserved {
        let reserved = list(reserved.iter().copied().chain([COUNT]));
        mistakes.add(
            child.span(),
            format!("`{name}` cannot be declared under `{parent}`, which has an item or a metric of that name; choose another name than {reserved}"),
        );
    }
    is_reserved
}

/// The module of a name that is continued must be there for the longer names.
fn conditional_names_are_not_continued(entries: &mut [Entry], mistakes: &mut Mistakes) {
    let names: Vec<String> = entries.iter().map(|entry| entry.name.name()).collect();
    for entry in entries.iter_mut().filter(|entry| is_conditional(entry)) {
        let name = entry.name.name();
        let prefix = format!("{name}.");
        if names.iter().any(|other| other.starts_with(&prefix)) {
            mistakes.add(
                entry.name.span(),
                format!("`{name}` stands under `#[cfg]` and other names continue it; rename it or put those into a module of their own"),
            );
            entry.attributes.retain(|attribute| !attribute.path().is_ident("cfg"));
        }
    }
}

fn is_conditional(entry: &Entry) -> bool {
    entry.attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}
