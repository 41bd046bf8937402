//! Trait objects without `dyn`, and ranges with three dots.
#![allow(bare_trait_objects, ellipsis_inclusive_range_patterns)]

use std::fmt::Display;

telemetry::events! { span old.run; }

#[telemetry::span(old.run)]
fn boxed(early: bool) -> Box<Display> {
    if early {
        return Box::new(1);
    }
    Box::new("late")
}
#[telemetry::span(old.run)]
async fn borrowed<'a>(text: &'a Display, digit: char) -> Option<&'a (Display + 'a)> {
    match digit {
        '0'...'9' => Some(text),
        _ => None,
    }
}

#[test]
fn old_syntax_passes_through() {
    assert_eq!(boxed(true).to_string(), "1");
    assert_eq!(boxed(false).to_string(), "late");
    drop(borrowed(&1, '7'));
}
