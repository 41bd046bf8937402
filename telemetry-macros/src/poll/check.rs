//! The rules of `#[poll]`. One function per rule.

use std::collections::HashSet;

use super::model::OnFailure;
use super::parse::{Arguments, Function, OptionValue};
use crate::diag::{Mistakes, did_you_mean, list};

/// Whether the function is one that can be called by nobody in particular.
pub(super) fn function(function: &Function, mistakes: &mut Mistakes) -> bool {
    let before = mistakes.count();
    poll_takes_no_argument(function, mistakes);
    poll_is_not_generic(function, mistakes);
    poll_is_not_unsafe(function, mistakes);
    mistakes.count() == before
}

/// What is given twice is mended to what was given first.
pub(super) fn arguments(arguments: &mut Arguments, mistakes: &mut Mistakes) {
    options_stand_once(arguments, mistakes);
    on_failure_is_known(arguments, mistakes);
    name_is_not_empty(arguments, mistakes);
}

fn poll_takes_no_argument(function: &Function, mistakes: &mut Mistakes) {
    if let Some(first) = function.signature.inputs.first() {
        mistakes.push(syn::Error::new_spanned(
            first,
            "a poll takes no argument, as there is nobody who gives one; what it needs is a static, or captured by a closure: `.poll(Poll::new(…))` of the runtime's builder",
        ));
    }
}

fn poll_is_not_generic(function: &Function, mistakes: &mut Mistakes) {
    let generics = &function.signature.generics;
    if generics.type_params().next().is_some() || generics.const_params().next().is_some() {
        mistakes.push(syn::Error::new_spanned(
            generics,
            "a poll cannot be generic; nobody names it, so nothing chooses its types",
        ));
    }
}

fn poll_is_not_unsafe(function: &Function, mistakes: &mut Mistakes) {
    if let syn::Safety::Unsafe(unsafety) = &function.signature.safety {
        mistakes.push(syn::Error::new_spanned(
            unsafety,
            "a poll cannot be `unsafe`; nobody who calls it knows what it asks for",
        ));
    }
}

fn options_stand_once(arguments: &mut Arguments, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    arguments.options.retain(|option| {
        let is_new = seen.insert(option.keyword.to_string());
        if !is_new {
            let message = format!("`{}` stands twice; give it once", option.keyword);
            mistakes.add(option.keyword.span(), message);
        }
        is_new
    });
}

fn on_failure_is_known(arguments: &Arguments, mistakes: &mut Mistakes) {
    for option in &arguments.options {
        if let OptionValue::OnFailure(name) = &option.value
            && OnFailure::named(name).is_none()
        {
            let text = name.to_string();
            let message = format!(
                "unknown value `{text}`; allowed are {}{}",
                list(OnFailure::NAMES),
                did_you_mean(&text, OnFailure::NAMES)
            );
            mistakes.add(name.span(), message);
        }
    }
}

fn name_is_not_empty(arguments: &Arguments, mistakes: &mut Mistakes) {
    for option in &arguments.options {
        if let OptionValue::Name(name) = &option.value
            && name.value().trim().is_empty()
        {
            mistakes.add(name.span(), "the name is empty; left out, it is the function's path");
        }
    }
}
