//! The procedural macros of the telemetry facade, which re-exports and documents them.
//!
//! Every macro is a pipeline of four files: `parse` reads the tokens, `model` is what they mean,
//! `check` finds every mistake at once, `expand` writes the code. What has little
//! to check, as `execute!` whose fields rustc checks better, is one file.

mod diag;
mod docs;
mod dotted;
mod duration;
mod entry;
mod events;
mod execute;
mod fields;
mod handler;
mod input;
mod kind;
mod metrics;
mod parent;
mod paths;
mod poll;
mod span;
mod tag;

use proc_macro::TokenStream;

/// Declares a vocabulary of events and spans: see `telemetry::events`.
#[proc_macro]
pub fn events(input: TokenStream) -> TokenStream {
    entry::function("events!", input, events::expand)
}

/// Executes an event: see `telemetry::execute`.
#[proc_macro]
pub fn execute(input: TokenStream) -> TokenStream {
    entry::function("execute!", input, execute::expand_execute)
}

/// Starts a span and gives its guard: see `telemetry::start`.
#[proc_macro]
pub fn start(input: TokenStream) -> TokenStream {
    entry::function("start!", input, execute::expand_start)
}

/// Makes a span of a function: see `telemetry::span`.
#[proc_macro_attribute]
pub fn span(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute("#[span]", arguments, item, span::expand)
}

/// Declares what to measure: see `telemetry::metrics`.
#[proc_macro]
pub fn metrics(input: TokenStream) -> TokenStream {
    entry::function("metrics!", input, metrics::expand)
}

/// Declares a handler: see `telemetry::handler`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute("#[handler]", arguments, item, handler::expand)
}

/// Makes a metric's tag of an enum: see `telemetry::Tag`.
#[proc_macro_derive(Tag, attributes(tag))]
pub fn derive_tag(input: TokenStream) -> TokenStream {
    entry::function("#[derive(Tag)]", input, tag::expand)
}

/// Declares a poll: see `telemetry::poll`.
#[proc_macro_attribute]
pub fn poll(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute("#[poll]", arguments, item, poll::expand)
}

// What a name is, told by its module: see `kind`.

#[doc(hidden)]
#[proc_macro]
pub fn accept(input: TokenStream) -> TokenStream {
    entry::function("accept!", input, kind::accept)
}

#[doc(hidden)]
#[proc_macro]
pub fn span_is_no_event(input: TokenStream) -> TokenStream {
    entry::function("span_is_no_event!", input, kind::span_is_no_event)
}

#[doc(hidden)]
#[proc_macro]
pub fn event_is_no_span(input: TokenStream) -> TokenStream {
    entry::function("event_is_no_span!", input, kind::event_is_no_span)
}

#[doc(hidden)]
#[proc_macro]
pub fn phase_is_its_spans(input: TokenStream) -> TokenStream {
    entry::function("phase_is_its_spans!", input, kind::phase_is_its_spans)
}

#[doc(hidden)]
#[proc_macro]
pub fn phase_is_no_span(input: TokenStream) -> TokenStream {
    entry::function("phase_is_no_span!", input, kind::phase_is_no_span)
}

#[doc(hidden)]
#[proc_macro]
pub fn prefix_is_no_event(input: TokenStream) -> TokenStream {
    entry::function("prefix_is_no_event!", input, kind::prefix_is_no_event)
}

#[doc(hidden)]
#[proc_macro]
pub fn prefix_is_no_span(input: TokenStream) -> TokenStream {
    entry::function("prefix_is_no_span!", input, kind::prefix_is_no_span)
}
