//! The rules of `#[span]` that rustc would not check, or not say well. One function per rule.

use std::collections::HashSet;

use syn::ext::IdentExt;

use super::parse::{Arguments, Function};
use crate::diag::{Mistakes, did_you_mean};
use crate::fields::FieldValue;

/// Whether the function is one that can be a span.
pub(super) fn function(function: &Function, mistakes: &mut Mistakes) -> bool {
    let before = mistakes.count();
    function_is_not_const(function, mistakes);
    function_has_a_body(function, mistakes);
    mistakes.count() == before
}

/// The line of the caller is kept by a guard, which does not see the function's value.
pub(super) fn tracked_function_has_no_stop_and_no_err(
    function: &Function,
    arguments: &Arguments,
    mistakes: &mut Mistakes,
) {
    if !function.is_tracked() || function.signature.asyncness.is_some() {
        return;
    }
    let stop = arguments.stop.first().map(|stop| stop.keyword.span());
    let err = arguments.err.first().map(proc_macro2::Ident::span);
    for (span, option) in [(stop, "stop(…)"), (err, "err")] {
        if let Some(span) = span {
            mistakes.add(
                span,
                format!("`{option}` and `#[track_caller]` exclude each other, since the value of a function that keeps its caller's line is not seen; remove one of them"),
            );
        }
    }
}

/// What is given twice is mended to what was given first.
pub(super) fn arguments(arguments: &mut Arguments, mistakes: &mut Mistakes) {
    start_fields_are_unique(arguments, mistakes);
    stop_stands_once(arguments, mistakes);
    stop_fields_are_unique(arguments, mistakes);
    err_stands_once(arguments, mistakes);
    err_is_stop(arguments, mistakes);
    parent_stands_once(arguments, mistakes);
    crate_stands_once(arguments, mistakes);
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

fn start_fields_are_unique(arguments: &mut Arguments, mistakes: &mut Mistakes) {
    fields_are_unique(&mut arguments.start, mistakes);
}

fn stop_fields_are_unique(arguments: &mut Arguments, mistakes: &mut Mistakes) {
    for stop in &mut arguments.stop {
        fields_are_unique(&mut stop.fields, mistakes);
    }
}

fn fields_are_unique(fields: &mut Vec<FieldValue>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    fields.retain(|field| {
        let name = field.name.unraw().to_string();
        let is_new = seen.insert(name.clone());
        if !is_new {
            mistakes
                .add(field.name.span(), format!("the field `{name}` is given twice; give it once"));
        }
        is_new
    });
}

fn stop_stands_once(arguments: &mut Arguments, mistakes: &mut Mistakes) {
    for stop in arguments.stop.drain(1.min(arguments.stop.len())..) {
        mistakes.add(stop.keyword.span(), "`stop(…)` stands twice; put all fields into one");
    }
}

fn err_stands_once(arguments: &Arguments, mistakes: &mut Mistakes) {
    for err in arguments.err.iter().skip(1) {
        mistakes.add(err.span(), "`err = …` stands twice; give it once");
    }
}

fn err_is_stop(arguments: &Arguments, mistakes: &mut Mistakes) {
    if let Some(err) = arguments.err.first()
        && err != "stop"
    {
        let text = err.to_string();
        mistakes.add(
            err.span(),
            format!(
                "unknown value `{text}`; allowed is `err = stop`, which makes `Err` a normal answer (left out, it is an exception){}",
                did_you_mean(&text, ["stop"])
            ),
        );
    }
}

fn parent_stands_once(arguments: &Arguments, mistakes: &mut Mistakes) {
    for (parent, _) in arguments.parent.iter().skip(1) {
        mistakes.add(parent.span(), "`parent = …` stands twice; give it once");
    }
}

fn crate_stands_once(arguments: &Arguments, mistakes: &mut Mistakes) {
    for (keyword, _) in arguments.facade.iter().skip(1) {
        mistakes.add(keyword.span, "`crate = …` stands twice; give it once");
    }
}
