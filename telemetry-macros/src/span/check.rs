//! The rules of `#[span]` that rustc would not check, or not say well. One function per rule.

use std::collections::HashSet;

use syn::ext::IdentExt;

use super::parse::{Arguments, Body, Function};
use crate::diag::Mistakes;
use crate::fields::FieldValue;

/// The body, if the function is one that can be a span.
pub(super) fn function<'f>(function: &'f Function, mistakes: &mut Mistakes) -> Option<&'f Body> {
    function_is_not_const(function, mistakes);
    function_has_a_body(function, mistakes);
    function.body.as_ref()
}

pub(super) fn arguments(arguments: &Arguments, mistakes: &mut Mistakes) {
    start_fields_are_unique(arguments, mistakes);
    stop_stands_once(arguments, mistakes);
    stop_fields_are_unique(arguments, mistakes);
    err_stands_once(arguments, mistakes);
    err_is_stop(arguments, mistakes);
    parent_stands_once(arguments, mistakes);
}

fn function_is_not_const(function: &Function, mistakes: &mut Mistakes) {
    if let Some(constness) = &function.signature.constness {
        mistakes.add(
            constness.span,
            "a `const fn` cannot be a span, since it may run at compile time; call it from a function that is one",
        );
    }
}

fn function_has_a_body(function: &Function, mistakes: &mut Mistakes) {
    if function.body.is_none() {
        mistakes.add(
            function.signature.ident.span(),
            "a method without a body cannot be a span; put the attribute on the implementations",
        );
    }
}

fn start_fields_are_unique(arguments: &Arguments, mistakes: &mut Mistakes) {
    fields_are_unique(&arguments.start, mistakes);
}

fn stop_fields_are_unique(arguments: &Arguments, mistakes: &mut Mistakes) {
    for stop in &arguments.stop {
        fields_are_unique(&stop.fields, mistakes);
    }
}

fn fields_are_unique(fields: &[FieldValue], mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for field in fields {
        let name = field.name.unraw().to_string();
        if !seen.insert(name.clone()) {
            mistakes
                .add(field.name.span(), format!("the field `{name}` is given twice; give it once"));
        }
    }
}

fn stop_stands_once(arguments: &Arguments, mistakes: &mut Mistakes) {
    for stop in arguments.stop.iter().skip(1) {
        mistakes.add(stop.keyword.span(), "`stop(…)` stands twice; put all fields into one");
    }
}

fn err_stands_once(arguments: &Arguments, mistakes: &mut Mistakes) {
    for err in arguments.err.iter().skip(1) {
        mistakes.add(err.span(), "`err` stands twice; give it once");
    }
}

fn err_is_stop(arguments: &Arguments, mistakes: &mut Mistakes) {
    for err in &arguments.err {
        if err != "stop" {
            mistakes.add(
                err.span(),
                format!("unknown value `{err}`; allowed is `err = stop`, which makes `Err` a normal answer (left out, it is an exception)"),
            );
        }
    }
}

fn parent_stands_once(arguments: &Arguments, mistakes: &mut Mistakes) {
    for (parent, _) in arguments.parent.iter().skip(1) {
        mistakes.add(parent.span(), "`parent` stands twice; give it once");
    }
}
