//! What rustdoc shows of a declaration beside its own comment: the name, and every field with its
//! type, unit and comment.

use std::fmt::Write as _;

use super::super::model::{Field, Item, Shape};

/// Markdown to stand below the user's own comment.
pub(super) fn summary(item: &Item) -> String {
    let Item { ident, name, .. } = item;
    match &item.shape {
        Shape::Event { measurements, metadata } => {
            let mut text = format!("\n\nThe event `{name}`; its types are in [`mod@{ident}`].\n");
            section(&mut text, "Measurements", &measurements.list, &[]);
            section(&mut text, "Metadata", &metadata.list, &[]);
            text
        }
        Shape::Span { start, stop_measurements, stop_metadata } => {
            span(item, &start.list, &stop_measurements.list, &stop_metadata.list)
        }
    }
}

fn span(
    item: &Item,
    start: &[Field],
    stop_measurements: &[Field],
    stop_metadata: &[Field],
) -> String {
    let Item { ident, name, .. } = item;
    let mut text = format!(
        "\n\nThe span `{name}`; its types are in [`mod@{ident}`]. It executes [`start`](static@{ident}::start), \
         and then [`stop`](static@{ident}::stop) or [`exception`](static@{ident}::exception).\n"
    );
    section(&mut text, "Measurements of `start`", &[], &["monotonic_time", "system_time"]);
    section(&mut text, "Metadata of all three", start, &["span_context"]);
    section(
        &mut text,
        "Measurements of `stop`",
        stop_measurements,
        &["duration", "monotonic_time"],
    );
    section(&mut text, "Metadata of `stop`", stop_metadata, &["result"]);
    section(&mut text, "Measurements of `exception`", &[], &["duration", "monotonic_time"]);
    let exception = ["kind", "reason", "location", "backtrace"];
    section(&mut text, "Metadata of `exception`", &[], &exception);
    text
}

/// A heading and a list: the declared fields, then those that every span has.
fn section(text: &mut String, heading: &str, declared: &[Field], own: &[&str]) {
    if declared.is_empty() && own.is_empty() {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n**{heading}**");
    for field in declared {
        let _ = write!(text, "- `{}: {}`", field.text(), field.type_name);
        if field.type_name.contains("Duration") {
            text.push_str(", in metrics nanoseconds (`native`)");
        }
        if !field.description.is_empty() {
            let _ = write!(text, ": {}", field.description.replace('\n', " "));
        }
        text.push('\n');
    }
    if !own.is_empty() {
        let own: Vec<String> = own.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "- {}", own.join(", "));
    }
}
