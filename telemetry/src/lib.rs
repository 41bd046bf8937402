//! Structured events whose names are Rust paths: declare, execute, attach, measure.
//!
//! A library or an application declares a vocabulary with [`events!`], executes events with
//! [`execute!`] and [`span`], and anybody attaches handlers or declares [`metrics!`] over them.
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
//! The crate does no I/O, starts no thread and prints nothing; `telemetry-runtime` is what an
//! application adds to store, report and serve what is executed.

extern crate self as telemetry;

mod attach;
mod clock;
mod context;
mod dispatch;
mod error;
mod event;
mod execution;
mod future;

mod metric;
mod number;
mod outcome;
mod panics;
mod phase;
mod reclaim;
mod registry;
mod schema;
mod span;
mod tag;
mod unit;
mod value;
mod vocabulary;

pub use attach::{
    Attached, HandlerInfo, Policy, attach, attach_many, detach, handlers, handlers_failed,
};
pub use context::{ContextFuture, SpanContext};
pub use error::Error;
pub use event::{AnyEvent, Event};
pub use execution::{Executed, Execution, Fields};
pub use future::Instrumented;
pub use metric::{Distribution, MetricDef, MetricGroup, MetricKind, MetricSource, ReadTags};
pub use number::{Measurement, Number};
pub use outcome::{ExceptionKind, Reason, SpanResult};
pub use panics::{PanicLocation, install_panic_hook};
pub use phase::{ExceptionMeasurements, ExceptionMetadata, StartMeasurements, StartMetadata};
pub use registry::{Vocabulary, metric_groups, vocabularies};
pub use schema::{EventSchema, Field, SpanSchema};
pub use span::{AnySpan, Guard, Span};
pub use tag::{Tag, TagValue};
pub use unit::{Conversion, Dimension, Unit};
pub use value::Value;
/// The toolkit's own events about handlers: [`handler::failure`](struct@handler::failure).
#[doc(inline)]
pub use vocabulary::telemetry::handler;

pub use telemetry_macros::{events, execute, metrics, span, start};

/// What expansions name. No stability is promised.
#[doc(hidden)]
pub mod __private {
    pub use crate::context::Entered;
    pub use crate::future::instrument;
    pub use crate::metric::{assert_measurement, here, is_monotonic};
    pub use crate::outcome::{
        Probe, ReasonViaAny, ReasonViaDebug, ReasonViaDisplay, Split, SplitAny, SplitResult,
    };
    pub use crate::panics::PanicRecord;
    pub use crate::phase::{
        EXCEPTION_MEASUREMENTS, EXCEPTION_METADATA, Phase, START_MEASUREMENTS, START_METADATA,
        STOP_MEASUREMENTS, STOP_METADATA,
    };
    pub use crate::registry::{
        __TELEMETRY_EVENTS_V0_1 as EVENTS, __TELEMETRY_METRICS_V0_1 as METRICS,
    };
    pub use crate::registry::{crate_name, crate_version};
    pub use crate::span::{NoStop, SyncSpan, Terminal, WithStop, once};
    pub use crate::tag::IntoTag;
    pub use crate::value::{
        ValueProbe, ValueViaAny, ValueViaDebug, ValueViaDisplay, ValueViaKnown,
    };
    pub use core;
    pub use linkme;
}
