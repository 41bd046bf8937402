//! The rules of declared fields.

use std::collections::HashSet;

use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};

use super::super::parse::{Declared, Kind, Sections};
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

pub(super) fn fields(kind: &mut Kind, mistakes: &mut Mistakes) {
    match kind {
        Kind::Event(Sections { measurements, metadata }) => {
            fields_are_unique([measurements], mistakes);
            fields_are_unique([metadata], mistakes);
            each_field(measurements, mistakes);
            each_field(metadata, mistakes);
            measurements_do_not_borrow(measurements, mistakes);
        }
        Kind::Span { metadata, stop: Sections { measurements, metadata: stop } } => {
            // The first field of a name stays: one of the start, which both structs of `stop` show.
            fields_are_unique([metadata, measurements, stop], mistakes);
            for fields in [&mut *metadata, &mut *measurements, &mut *stop] {
                each_field(fields, mistakes);
                span_fields_are_not_reserved(fields, mistakes);
            }
            start_fields_are_no_options(metadata, mistakes);
            measurements_do_not_borrow(measurements, mistakes);
        }
    }
}

fn each_field(fields: &mut [Declared], mistakes: &mut Mistakes) {
    for field in fields {
        fields_take_doc_comments_only(field, mistakes);
        fields_do_not_begin_with_underscores(field, mistakes);
        lifetimes_are_left_out(field, mistakes);
    }
}

/// Fields of one struct, and those that are read beside each other.
fn fields_are_unique<const N: usize>(lists: [&mut Vec<Declared>; N], mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for fields in lists {
        fields.retain(|field| {
            let name = field.name.unraw().to_string();
            let is_new = seen.insert(name.clone());
            if !is_new {
                let message = if N == 1 {
                    format!("the field `{name}` is declared twice; remove one or rename it")
                } else {
                    format!("the field `{name}` is declared twice; the fields of a span, at its start and at its stop, are read together and have different names")
                };
                mistakes.add(field.name.span(), message);
            }
            is_new
        });
    }
}

fn fields_take_doc_comments_only(field: &Declared, mistakes: &mut Mistakes) {
    for attribute in &field.attributes {
        if !attribute.path().is_ident("doc") {
            mistakes.add(
                attribute.path().segments[0].ident.span(),
                "fields take doc comments only; `#[cfg]` stands on the whole event",
            );
        }
    }
}

fn fields_do_not_begin_with_underscores(field: &Declared, mistakes: &mut Mistakes) {
    if field.name.unraw().to_string().starts_with("__") {
        mistakes.add(
            field.name.span(),
            "names that begin with `__` are the toolkit's own; drop the underscores",
        );
    }
}

fn lifetimes_are_left_out(field: &mut Declared, mistakes: &mut Mistakes) {
    struct Named<'m>(&'m mut Mistakes);
    impl VisitMut for Named<'_> {
        fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
            if lifetime.ident != "static" && lifetime.ident != "_" {
                self.0.add(
                    lifetime.span(),
                    format!("unknown lifetime `{lifetime}`; references are written without, as in `&str`"),
                );
                lifetime.ident = syn::Ident::new("_", lifetime.ident.span());
            }
        }

        fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
    }
    Named(mistakes).visit_type_mut(&mut field.ty);
}

fn measurements_do_not_borrow(measurements: &mut [Declared], mistakes: &mut Mistakes) {
    struct Borrows<'m> {
        name: String,
        mistakes: &'m mut Mistakes,
    }
    impl VisitMut for Borrows<'_> {
        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            self.mistakes.add(
                reference.and_token.span,
                format!("the measurement `{}` is a reference; measurements are integers, floats, `Duration`, or `Option` of those, and anything else stands under `metadata`", self.name),
            );
            let lifetime = syn::Lifetime::new("'static", reference.and_token.span);
            reference.lifetime = Some(lifetime);
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
            lifetime.ident = syn::Ident::new("static", lifetime.ident.span());
            visit_mut::visit_lifetime_mut(self, lifetime);
        }
    }
    for field in measurements {
        let name = field.name.unraw().to_string();
        Borrows { name, mistakes }.visit_type_mut(&mut field.ty);
    }
}

fn span_fields_are_not_reserved(fields: &mut Vec<Declared>, mistakes: &mut Mistakes) {
    fields.retain(|field| {
        let name = field.name.unraw().to_string();
        let is_reserved = RESERVED_IN_SPANS.contains(&name.as_str());
        if is_reserved {
            mistakes.add(
                field.name.span(),
                format!(
                    "`{name}` is a field that every span has; choose another name than {}",
                    list(RESERVED_IN_SPANS)
                ),
            );
        }
        !is_reserved
    });
}

fn start_fields_are_no_options(fields: &[Declared], mistakes: &mut Mistakes) {
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
