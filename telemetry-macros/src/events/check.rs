//! The rules of a vocabulary that rustc would not check, or not say well. One function per rule.

use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;
use syn::Visibility;
use syn::ext::IdentExt;
use syn::visit::Visit;

use super::parse::{Block, Declared, Entry, Kind};
use crate::diag::{Mistakes, list};

/// What a span's own events carry: no declared field may have these names.
const RESERVED_IN_SPANS: [&str; 9] = [
    "duration",
    "monotonic_time",
    "system_time",
    "span_context",
    "kind",
    "reason",
    "location",
    "backtrace",
    "result",
];
/// The options of `#[span]`, which a start field could not be told from.
const OPTIONS_OF_SPANS: [&str; 3] = ["err", "parent", "stop"];
/// Items of an event's module.
const ITEMS_OF_EVENTS: [&str; 3] = ["Executed", "Measurements", "Metadata"];
/// Items of a span's module.
const ITEMS_OF_SPANS: [&str; 5] = ["Start", "Stop", "start", "stop", "exception"];
/// The word for executions in the names of counters.
const COUNT: &str = "count";

pub(super) fn block(block: &Block, mistakes: &mut Mistakes) {
    for entry in &block.entries {
        name_has_no_qualifier(entry, mistakes);
        name_has_two_segments(entry, mistakes);
        segments_are_no_path_keywords(entry, mistakes);
        attributes_are_known(entry, mistakes);
        match &entry.kind {
            Kind::Event { measurements, metadata } => {
                fields_are_unique(measurements, mistakes);
                fields_are_unique(metadata, mistakes);
                fields_are_plain(measurements, mistakes);
                fields_are_plain(metadata, mistakes);
            }
            Kind::Span { metadata, stop } => {
                let stop: Vec<&Declared> = stop.measurements.iter().chain(&stop.metadata).collect();
                fields_are_unique(metadata.iter().chain(stop.iter().copied()), mistakes);
                fields_are_plain(metadata, mistakes);
                fields_are_plain(stop.iter().copied(), mistakes);
                span_fields_are_not_reserved(metadata.iter().chain(stop), mistakes);
                start_fields_are_no_options(metadata, mistakes);
            }
        }
    }
    names_are_unique(&block.entries, mistakes);
    children_are_not_reserved(&block.entries, mistakes);
    conditional_names_are_not_continued(&block.entries, mistakes);
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

fn segments_are_no_path_keywords(entry: &Entry, mistakes: &mut Mistakes) {
    for segment in entry.name.segments() {
        if segment == "crate" || segment == "self" || segment == "super" || segment == "Self" {
            mistakes.add(
                segment.span(),
                format!(
                    "`{segment}` cannot be a segment of a name; any other identifier or keyword can"
                ),
            );
        }
    }
}

fn attributes_are_known(entry: &Entry, mistakes: &mut Mistakes) {
    const ALLOWED: [&str; 6] = ["doc", "cfg", "deprecated", "allow", "expect", "warn"];
    for attribute in &entry.attributes {
        if !ALLOWED.iter().any(|name| attribute.path().is_ident(name)) {
            mistakes.add(
                attribute.path().segments[0].ident.span(),
                format!(
                    "this attribute has no meaning on a declaration; allowed are {}",
                    list(ALLOWED)
                ),
            );
        }
    }
    if let Visibility::Restricted(restricted) = &entry.visibility
        && restricted.in_token.is_some()
        && !restricted.path.is_ident("crate")
    {
        let absolute = restricted.path.segments.first().is_some_and(|s| s.ident == "crate");
        if !absolute {
            mistakes.add(
                    restricted.path.segments[0].ident.span(),
                    "a path in a visibility begins with `crate` here; the items stand in modules of their own",
                );
        }
    }
}

fn fields_are_unique<'f>(fields: impl IntoIterator<Item = &'f Declared>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for field in fields {
        let name = field.name.unraw().to_string();
        if !seen.insert(name.clone()) {
            mistakes.add(
                field.name.span(),
                format!("the field `{name}` is declared twice; measurements and metadata of one struct share its names"),
            );
        }
    }
}

fn fields_are_plain<'f>(fields: impl IntoIterator<Item = &'f Declared>, mistakes: &mut Mistakes) {
    struct NamedLifetimes<'m>(&'m mut Mistakes);
    impl<'ast> Visit<'ast> for NamedLifetimes<'_> {
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            if lifetime.ident != "static" && lifetime.ident != "_" {
                self.0.add(
                    lifetime.span(),
                    format!("unknown lifetime `{lifetime}`; references are written without, as in `&str`"),
                );
            }
        }

        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    }
    for field in fields {
        for attribute in &field.attributes {
            if !attribute.path().is_ident("doc") {
                mistakes.add(
                    attribute.path().segments[0].ident.span(),
                    "fields take doc comments only; `#[cfg]` stands on the whole event",
                );
            }
        }
        if field.name.unraw().to_string().starts_with("__") {
            mistakes.add(
                field.name.span(),
                "names that begin with `__` are the toolkit's own; drop the underscores",
            );
        }
        NamedLifetimes(mistakes).visit_type(&field.ty);
    }
}

fn span_fields_are_not_reserved<'f>(
    fields: impl IntoIterator<Item = &'f Declared>,
    mistakes: &mut Mistakes,
) {
    for field in fields {
        let name = field.name.unraw().to_string();
        if RESERVED_IN_SPANS.contains(&name.as_str()) {
            mistakes.add(
                field.name.span(),
                format!(
                    "`{name}` is a field that every span has; choose another name than {}",
                    list(RESERVED_IN_SPANS)
                ),
            );
        }
    }
}

fn start_fields_are_no_options<'f>(
    fields: impl IntoIterator<Item = &'f Declared>,
    mistakes: &mut Mistakes,
) {
    for field in fields {
        let name = field.name.unraw().to_string();
        if OPTIONS_OF_SPANS.contains(&name.as_str()) {
            mistakes.add(
                field.name.span(),
                format!(
                    "`{name}` is an option of `#[span]`; choose another name than {}",
                    list(OPTIONS_OF_SPANS)
                ),
            );
        }
    }
}

fn names_are_unique(entries: &[Entry], mistakes: &mut Mistakes) {
    let mut seen: HashMap<String, bool> = HashMap::new();
    for entry in entries {
        // Entries under `cfg` may exclude each other; rustc speaks up where they do not.
        let conditional = is_conditional(entry);
        let name = entry.name.name();
        let before = seen.insert(name.clone(), conditional);
        if before == Some(false) && !conditional {
            mistakes.add(
                entry.name.span(),
                format!("`{name}` is declared twice in this block; remove one or rename it"),
            );
        }
    }
}

/// An event's module also holds the events whose names continue its own: those cannot be called
/// like the module's own items.
fn children_are_not_reserved(entries: &[Entry], mistakes: &mut Mistakes) {
    let kinds: HashMap<String, &Kind> =
        entries.iter().map(|entry| (entry.name.name(), &entry.kind)).collect();
    for entry in entries {
        let mut name = Some(entry.name.clone());
        while let Some(child) = name {
            name = child.parent();
            let Some(parent) = &name else { break };
            let reserved: &[&str] = match kinds.get(&parent.name()) {
                Some(Kind::Event { .. }) => &ITEMS_OF_EVENTS,
                Some(Kind::Span { .. }) => &ITEMS_OF_SPANS,
                None => continue,
            };
            child_is_not_reserved(child.last(), &parent.name(), reserved, mistakes);
        }
    }
}

fn child_is_not_reserved(child: &Ident, parent: &str, reserved: &[&str], mistakes: &mut Mistakes) {
    let name = child.unraw().to_string();
    if name == COUNT || reserved.contains(&name.as_str()) {
        let reserved = list(reserved.iter().copied().chain([COUNT]));
        mistakes.add(
            child.span(),
            format!("`{name}` cannot be declared under `{parent}`, which has an item or a metric of that name; choose another name than {reserved}"),
        );
    }
}

/// The module of a name that is continued must be there for the longer names.
fn conditional_names_are_not_continued(entries: &[Entry], mistakes: &mut Mistakes) {
    for entry in entries.iter().filter(|entry| is_conditional(entry)) {
        let name = entry.name.name();
        let prefix = format!("{name}.");
        if entries.iter().any(|other| other.name.name().starts_with(&prefix)) {
            mistakes.add(
                entry.name.span(),
                format!("`{name}` stands under `#[cfg]` and other names continue it; rename it or put those into a module of their own"),
            );
        }
    }
}

fn is_conditional(entry: &Entry) -> bool {
    entry.attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}
