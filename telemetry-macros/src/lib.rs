//! The procedural macros of the telemetry facade, which re-exports and documents them.
//!
//! Every macro is a pipeline of four files: `parse` reads the tokens, `model` is what they mean,
//! `check` finds every mistake at once, `expand` writes the code. `execute!` and `start!` have
//! nothing to check that rustc does not check better, and are one file.

mod diag;
mod dotted;
mod entry;
mod events;
mod execute;
mod fields;
mod metrics;
mod paths;
mod span;

use proc_macro::TokenStream;

/// Declares a vocabulary of events and spans.
///
/// For every name it makes a module and a static of the same name: `&my_app::orders::placed` is the
/// event, `my_app::orders::placed::Measurements` are its types. Write one block per module and
/// import the first segment: `use crate::events::my_app;`.
///
/// ```
/// telemetry::events! {
///     /// An order was placed.
///     event my_app.orders.placed {
///         measurements { amount_cents: u64, item_count: u32 }
///         metadata     { order_id: u64, coupon: Option<&str> }
///     }
///
///     /// Charging a payment through the gateway.
///     span my_app.payment.process {
///         metadata { payment_id: u64 }            // on start, stop and exception
///         stop {
///             measurements { retries: u32 }
///             metadata     { gateway: &str }
///         }
///     }
///
///     span my_app.cart.checkout;                  // no fields
/// }
/// ```
///
/// - Measurements are integers, floats, `Duration`, and `Option` of those. Metadata is anything.
/// - References are written without lifetimes. `Duration` and `dyn Error` are the standard library's.
/// - Doc comments, `#[cfg]`, `#[deprecated]` and visibility stand on every entry; none means `pub`.
/// - A span has the events `start` (`monotonic_time`, `system_time`), `stop` and `exception`
///   (`duration`, `monotonic_time`), and what is declared.
/// - `crate = path::to::telemetry;` first in the block names the facade where it is renamed.
#[proc_macro]
pub fn events(input: TokenStream) -> TokenStream {
    entry::function("events!", input, events::expand)
}

/// Executes an event: runs its handlers in this thread.
///
/// The fields are computed only if a handler is attached; all of them must be given.
///
/// ```
/// telemetry::events! {
///     event my_app.orders.placed {
///         measurements { amount_cents: u64, item_count: u32 }
///         metadata     { order_id: u64 }
///     }
/// }
///
/// let amount_cents = 2999;
/// telemetry::execute!(my_app.orders.placed, { amount_cents, item_count: 3 }, { order_id: 42 });
/// ```
#[proc_macro]
pub fn execute(input: TokenStream) -> TokenStream {
    entry::function("execute!", input, execute::expand_execute)
}

/// Starts a span and gives its [`Guard`](struct@Guard), for code that is no function.
///
/// ```
/// telemetry::events! {
///     span my_app.payment.process {
///         metadata { payment_id: u64 }
///         stop { measurements { retries: u32 } }
///     }
/// }
///
/// let span = telemetry::start!(my_app.payment.process, { payment_id: 7 });
/// span.stop(my_app::payment::process::Stop { retries: 0 });
/// ```
///
/// The guard does not make the span current, so that it may be held across `.await`: run nested work
/// in [`SpanContext::scope`](struct@SpanContext). `start!(…, { … }, parent = context)` names a parent.
#[proc_macro]
pub fn start(input: TokenStream) -> TokenStream {
    entry::function("start!", input, execute::expand_start)
}

/// Makes a span of a function, sync or async: its start, and its one end by value, `Err`, panic or
/// cancellation.
///
/// ```
/// # struct Payment { id: u64 }
/// # struct Receipt { retries: u32, gateway: String }
/// # struct ChargeError;
/// telemetry::events! {
///     span my_app.payment.process {
///         metadata { payment_id: u64 }
///         stop { measurements { retries: u32 } metadata { gateway: &str } }
///     }
/// }
///
/// #[telemetry::span(
///     my_app.payment.process,
///     payment_id = payment.id,
///     stop(|receipt| retries = receipt.retries, gateway = &receipt.gateway)
/// )]
/// async fn charge(payment: Payment) -> Result<Receipt, ChargeError> {
///     // …
/// #   Err(ChargeError)
/// }
/// ```
///
/// - Start fields are computed when the function is called: numbers, owned values, or borrows of what
///   the body leaves in place (in `async fn`: of what reference arguments point to).
/// - `stop(|r| …)`: `r` is `&T` where the function returns `Result<T, E>`, else `&` of what it returns.
/// - `err = stop`: an `Err` is a normal answer; `r` is then `&Result<T, E>`.
/// - `parent = context`: a `SpanContext` to nest the span under.
#[proc_macro_attribute]
pub fn span(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute("#[span]", arguments, item, span::expand)
}

/// Declares what to measure. The runtime finds the definitions of all crates by itself.
///
/// ```
/// telemetry::events! {
///     event my_app.orders.placed {
///         measurements { amount_cents: u64 }
///         metadata     { region: &str, test: bool }
///     }
///     span my_app.payment.process { metadata { gateway: &str } }
/// }
///
/// telemetry::metrics! {
///     /// Orders.
///     counter(my_app.orders.placed.count, tags = [region]);
///     /// Revenue.
///     sum(my_app.orders.placed.amount_cents, keep = |m| !m.test);
///     /// How long charging takes.
///     distribution(my_app.payment.process.stop.duration,
///         unit = native => millisecond, buckets = [10, 50, 100, 250, 500, 1000],
///         tags = [gateway, class = |m| m.gateway.len() > 5, site = "eu"]);
/// }
/// ```
///
/// A metric's name is event and measurement; the last segment is a declared measurement, or `count`
/// for a counter. Kinds: `counter`, `sum`, `last_value`, `distribution`. Options: `name`, `tags`,
/// `keep`, `drop`, `unit`, `description` (default: the doc comment), `buckets`. Closures get the
/// metadata, `|m|`, or metadata and measurements, `|m, x|`.
#[proc_macro]
pub fn metrics(input: TokenStream) -> TokenStream {
    entry::function("metrics!", input, metrics::expand)
}
