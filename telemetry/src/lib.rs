//! Structured events whose names are Rust paths: declare, execute, attach, measure.
//!
//! A library or an application declares a vocabulary with [`events!`], executes events with
//! [`execute!`] and [`#[span]`](macro@span), and anybody attaches handlers or declares
//! [`metrics!`] over them.
//! While nobody listens, an event costs one load and a branch.
//!
//! ```
//! mod events {
//!     telemetry::events! {
//!         /// An order was placed.
//!         event my_app.orders.placed {
//!             measurements { amount_cents: u64 }
//!             metadata     { user_id: u64 }
//!         }
//!     }
//! }
//! use events::my_app;
//!
//! telemetry::attach("print", &my_app::orders::placed, (), |event, ()| {
//!     println!("{} cents by {}", event.measurements.amount_cents, event.metadata.user_id);
//! })?;
//! telemetry::execute!(my_app.orders.placed, { amount_cents: 2999 }, { user_id: 7 });
//! # Ok::<(), telemetry::Error>(())
//! ```
//!
//! The crate starts no thread, prints nothing, and does no I/O but to ask Linux once which clock it
//! uses; `telemetry-runtime` is what an application adds to store, report and serve what is executed.
//!
//! # How declarations are found
//!
//! [`vocabularies`] and [`metric_groups`] are those of all crates in the program, gathered when it is
//! linked. What no linker can gather:
//!
//! - A crate that stands in `Cargo.toml` and is named nowhere in code is not linked. `use it as _;`
//!   links it.
//! - A program whose crates are linked as a Rust `dylib` (`-C prefer-dynamic`) needs the feature
//!   `dynamic`. On wasm the same mechanism is used without it; that is not tested.
//! - A plugin that is a `cdylib` has a copy of this crate of its own: neither side sees the other's
//!   declarations, handlers and executions.
//!
//! # Features
//!
//! - `stream`: the module `stream`, spans of what implements `futures_core::Stream`.
//! - `dynamic`: declarations are found in Rust `dylib` programs, as above.

extern crate self as telemetry;

#[doc(hidden)]
pub mod __private;
mod attach;
mod attachments;
mod clock;
mod context;
mod declared;
mod dispatch;
mod distributed;
mod dynamic;
mod error;
mod event;
mod field;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod metric;
mod metric_builder;
mod name;
mod number;
mod outcome;
mod panics;
mod plugin;
mod poll;
mod reclaim;
mod registry;
mod scope;
mod span;
#[cfg(feature = "stream")]
pub mod stream;
mod sync;
mod tag;
pub mod testing;
mod unit;
mod value;
mod vocabulary;

pub use attach::{
    Attached, DeclaredHandler, HandlerInfo, Policy, attach, attach_many, detach, handlers,
};
#[doc(hidden)]
pub use context::Parent;
pub use context::{ContextFuture, SpanContext, WithContext};
pub use declared::{attach_declared, declared_handlers};
pub use dispatch::handlers_failed;
pub use dynamic::{Dynamic, DynamicMeasurements, DynamicMetadata};
pub use error::Error;
#[doc(hidden)]
pub use event::Record;
pub use event::{AnyEvent, Event, EventSchema, Executed, Execution, Fields};
pub use field::Field;
pub use metric::{
    Buckets, Filter, MetricDef, MetricGroup, MetricKind, MetricOptions, MetricSource, ReadTags,
    ReadValue, ReporterOption, number_of, tag_of,
};
pub use metric_builder::MetricBuilder;
pub use number::{Measurement, Number, NumberClass, numbers_saturated};
pub use outcome::{ExceptionKind, Reason, SpanResult};
pub use panics::{PanicLocation, install_panic_hook};
#[doc(hidden)]
pub use poll::PollBody;
pub use poll::{DeclaredPoll, OnFailure, declared_polls};
pub use registry::{Vocabulary, metric_groups, vocabularies};
pub use span::{
    AnySpan, ExceptionMeasurements, ExceptionMetadata, Guard, Instrumented, Span, SpanSchema,
    StartMeasurements, StartMetadata,
};
#[doc(hidden)]
pub use tag::IntoTag;
pub use tag::{Tag, TagSet, TagValue};
pub use unit::{Conversion, Dimension, Unit};
pub use value::Value;
/// The toolkit's own events about handlers: [`handler::failure`](struct@handler::failure).
#[doc(inline)]
pub use vocabulary::telemetry::handler;

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
#[doc(inline)]
pub use telemetry_macros::events;

/// Executes an event: runs its handlers in this thread.
///
/// The fields are computed only if a handler is attached, or a metric reads them; all of them must be
/// given.
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
#[doc(inline)]
pub use telemetry_macros::execute;

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
#[doc(inline)]
pub use telemetry_macros::start;

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
/// - `crate = path::to::telemetry`: the facade where it is renamed.
///
/// The span ends once: with `stop`, or with `exception` where the function returns `Err`, panics, or
/// is a future that is dropped midway. A future that is never polled has no span. Of a panic that
/// aborts the program (`panic = "abort"`) and of what is forgotten nothing is heard.
///
/// A function that returns `impl Future` or `Pin<Box<dyn Future>>` is timed to the future's completion,
/// where the signature says so itself: an alias, other than `BoxFuture`, is a value like any other. Under
/// `#[track_caller]` the caller's line is kept, and the value is not seen: there `Err` is a `stop`,
/// and `stop(…)` and `err` are refused, as `const fn` and methods without a body are.
#[doc(inline)]
pub use telemetry_macros::span;

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
/// for a counter. What rustc and the macro can know to be wrong does not compile: a name, a tag, a
/// type, a unit, a bound. What is known at run time only is made by a [`MetricBuilder`].
///
/// # Kinds
///
/// | kind | what it keeps of its series |
/// |---|---|
/// | `counter` | how many executions there were, whatever they measure |
/// | `sum` | the sum of the measurement; it never falls where the measurement is unsigned |
/// | `last_value` | the measurement of the last execution |
/// | `summary` | count, sum, smallest, largest, mean and [`percentiles`](#percentiles-and-buckets) |
/// | `distribution` | count and sum, and how many measurements were in each [bucket](#percentiles-and-buckets) |
///
/// An execution whose measurement is `None` or not finite is skipped, by all kinds but `counter`.
///
/// # Options
///
/// | option | what it says | else |
/// |---|---|---|
/// | `name = web.requests` | the metric's name | event and measurement |
/// | `events = [a.b, c.d]` | [several events](#several-events) that feed it | the one in the name |
/// | `measurement = field` or a closure | [what is measured](#measurements) | the last segment of the name |
/// | `tags = […]` | what [series are told apart by](#tags) | one series |
/// | `tag_values = \|m\| …` | what plain tags are read from | the metadata |
/// | `keep = \|m\| …`, `drop = \|m\| …` | which executions count; one of the two | all |
/// | `unit = from => to`, `unit = name` | the [unit](#units) | none |
/// | `description = "…"` | what the metric tells | the doc comment |
/// | `buckets = …` | the [bounds](#percentiles-and-buckets) of a distribution | exponential ones |
/// | `percentiles = […]` | what a summary reports | 0.5, 0.9, 0.95, 0.99 |
/// | `reporter_options = { statsd_rate = 0.5 }` | what single reporters understand: texts, numbers, `true` and `false` | |
/// | `nav = "Orders"` | the dashboard's group | that of its name |
/// | `expire_after = "10m"` | when an idle series is forgotten: `ms`, `s`, `m` or `h` | never |
/// | `series_limit = 500` | how many series it may have | the runtime's |
///
/// Closures get the metadata, `|m|`, or metadata and measurements, `|m, x|`, with their types. They may
/// borrow from them, and leave early with `return` and `?`. They run within `execute!`, in the
/// caller's thread.
///
/// Doc comments and `#[cfg]` stand on every metric. `pub static WEB;` first in the block names it as a
/// [group](struct@MetricGroup), which reporters select. `crate = path::to::telemetry;` before that
/// names the facade where it is renamed.
///
/// # Tags
///
/// ```
/// # telemetry::events! {
/// #     event web.request.done {
/// #         measurements { bytes: u64 }
/// #         metadata { route: &str, method: &str, status: u16, user: Option<u64> }
/// #     }
/// # }
/// const SITE: &str = "north";
///
/// telemetry::metrics! {
///     counter(web.request.done.count, tags = [
///         route,                                  // the field of that name
///         verb = |m| m.method,                    // renamed
///         status_class = |m| m.status / 100,      // computed
///         large = |_, x| x.bytes > 1_000_000,
///         region = "eu", site = SITE,             // constants
///     ]);
/// }
/// ```
///
/// Tags are texts, integers, `bool`, enums that [derive `Tag`](macro@Tag), and `Option` of those; a `None`
/// is the empty text. With `tag_values` a closure gives a value of your own, or a reference to a part
/// of the metadata, and plain tags are its fields; closures see the metadata all the same.
///
/// ```
/// mod events {
///     pub struct Request { pub method: String, pub path: String }
///
///     telemetry::events! {
///         event web.request.done { metadata { request: &Request, status: u16 } }
///     }
/// }
/// use events::web;
///
/// struct Labels<'m> { path: &'m str, class: &'static str }
///
/// telemetry::metrics! {
///     counter(web.request.done.count, tags = [method, status = |m| m.status],
///         tag_values = |m| m.request);
///     counter(web.request.done.count, name = web.classes, tags = [path, class],
///         tag_values = |m| Labels {
///             path: &m.request.path,
///             class: if m.status < 500 { "fine" } else { "failed" },
///         });
/// }
/// ```
///
/// # Measurements
///
/// ```
/// # telemetry::events! {
/// #     event my_app.orders.placed {
/// #         measurements { amount_cents: u64, weight: Option<f64> }
/// #         metadata { items: &[u64] }
/// #     }
/// # }
/// telemetry::metrics! {
///     sum(my_app.orders.placed.amount_cents);
///     sum(my_app.orders.placed.dollars, measurement = |_, x| x.amount_cents / 100);
///     last_value(my_app.orders.placed.largest, measurement = |m| m.items.iter().max().copied());
///     summary(my_app.orders.placed.kilograms, measurement = weight);
/// }
/// ```
///
/// # Several events
///
/// The metric then has a name of its own, and each closure is compiled for each event. All events
/// have the fields that it reads. The measurement is the last segment of the name, unless
/// `measurement` says another.
///
/// ```
/// # telemetry::events! { span web.router_dispatch { metadata { route: &str } } }
/// telemetry::metrics! {
///     counter(name = web.requests, tags = [route],
///         events = [web.router_dispatch.stop, web.router_dispatch.exception]);
///     summary(name = web.requests.duration, tags = [route], unit = native => millisecond,
///         events = [web.router_dispatch.stop, web.router_dispatch.exception]);
/// }
/// ```
///
/// # Units
///
/// - Time: `native` (what a `Duration` is measured in: nanoseconds), `nanosecond`, `microsecond`,
///   `millisecond`, `second`.
/// - Data: `byte`; `kilobyte`, `megabyte`, `gigabyte` of 1,000; `kibibyte`, `mebibyte`, `gibibyte` of
///   1,024.
/// - `count`, `percent` and every other name: a unit that converts into nothing.
///
/// `from => to` converts within one dimension; `unit = name` says what the measurement is in.
///
/// # Percentiles and buckets
///
/// ```
/// # telemetry::events! { event web.request.done { measurements { bytes: u64, took: Duration } } }
/// telemetry::metrics! {
///     summary(web.request.done.took, unit = native => second, percentiles = [0.5, 0.999]);
///     distribution(web.request.done.took, name = web.took, unit = native => second);
///     distribution(web.request.done.bytes, buckets = [100, 1_000, 10_000]);
///     distribution(web.request.done.bytes, name = web.even, buckets = 0..=1000 step 100);
///     distribution(web.request.done.bytes, name = web.linear, buckets = linear(100, 50, 10));
///     distribution(web.request.done.bytes, name = web.growing, buckets = exponential(1, 2, 20));
/// }
/// ```
///
/// Bounds are inclusive, in the metric's unit, and the bucket to +∞ is implied. `linear` takes start,
/// width and count, `exponential` start, factor and count. Without `buckets` there are
/// [exponential ones](enum@Buckets), as many as there are values for, each about 9 % wide.
#[doc(inline)]
pub use telemetry_macros::metrics;

/// Declares a handler, which is attached when the runtime starts, or by [`attach_declared`].
///
/// ```
/// telemetry::events! {
///     event my_app.repo.query { measurements { rows: u64 } metadata { query: &str } }
///     event my_app.repo.opened;
/// }
///
/// #[telemetry::handler(my_app.repo.query, id = "log-large-results")]
/// fn log_large(event: &my_app::repo::query::Executed<'_>) {
///     if event.measurements.rows > 10_000 {
///         println!("{} gave {} rows", event.metadata.query, event.measurements.rows);
///     }
/// }
///
/// #[telemetry::handler(my_app.repo.query, my_app.repo.opened, on_panic = telemetry::Policy::Keep)]
/// fn log_all(event: &telemetry::Execution<'_>) {
///     println!("{event:?}");
/// }
///
/// assert_eq!(telemetry::attach_declared()?, 2);
/// # Ok::<(), telemetry::Error>(())
/// ```
///
/// The id is the function's path unless given. One event is handed over with its types or by name,
/// as the function takes it; several by name.
#[doc(inline)]
pub use telemetry_macros::handler;

#[doc(inline)]
pub use poll::poll;
/// Makes a metric's tag of an enum without fields: the fastest kind of tag.
///
/// The texts are the variants' names in snake case, or what `#[tag("…")]` says.
///
/// ```
/// mod events {
///     #[derive(telemetry::Tag)]
///     pub enum Gateway {
///         Stripe,
///         #[tag("paypal")]
///         PayPal,
///         BankTransfer,                                       // bank_transfer
///     }
///
///     telemetry::events! {
///         event my_app.payment.done { metadata { gateway: Gateway, retried: bool } }
///     }
/// }
/// use events::{Gateway, my_app};
///
/// telemetry::metrics! {
///     counter(my_app.payment.done.count, tags = [gateway, retried, region = "eu"]);
/// }
///
/// telemetry::execute!(my_app.payment.done, {}, { gateway: Gateway::PayPal, retried: false });
/// ```
///
/// - Where all tags of a metric are such enums, `bool`s and constants, its series are found without
///   hashing or comparing a text: their place is computed.
/// - By-name views of an event show the same text.
/// - `#[tag(crate = path::to::telemetry)]` on the enum names the facade where it is renamed.
#[doc(inline)]
pub use telemetry_macros::Tag;
