//! What an application adds to its telemetry: a store, reporters, and an admin listener that answers
//! while the application's own executor is blocked.
//!
//! Everything that is declared anywhere in the program with `telemetry::metrics!` is found by itself.
//! The runtime has one thread of its own; it works in synchronous programs and beside any executor.
//!
//! ```
//! use std::time::Duration;
//! use telemetry_runtime::{Telemetry, reporter::Prometheus};
//!
//! # fn main() -> Result<(), telemetry_runtime::Error> {
//! let telemetry = Telemetry::builder()
//!     .service("shop", env!("CARGO_PKG_VERSION"))
//!     .admin("127.0.0.1:0")
//!     .reporter(Prometheus::new())
//!     .start()?;
//!
//! // … the application …
//!
//! let report = telemetry.shutdown(Duration::from_secs(5))?;
//! assert!(report.is_complete());
//! # Ok(())
//! # }
//! ```
//!
//! [Health](health) is answered beside the metrics, from checks that run in the background.
//! What runs beside the application is supervised: the runtime's own parts, and the tasks and threads
//! that the program adds ([`Supervisor`], [`Builder::supervise`]). Tasks are tracked by name ([`task`]),
//! and spans in flight are seen while somebody [watches](spans). What operators say in the environment
//! wins over the builder ([`config`]).

pub mod admin;
mod builder;
pub mod config;
mod definitions;
mod error;
mod exposition;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handle;
pub mod health;
pub mod healthcheck;
mod http_probe;
mod limits;
mod log;
mod names;
mod panics;
mod phase;
mod poller;
mod process;
mod recorder;
pub mod reporter;
mod self_check;
mod service;
mod shutdown;
#[cfg(unix)]
mod signals;
pub mod spans;
mod start_report;
mod stop;

mod store;
mod supervisor;
pub mod task;
pub mod testing;
mod tree;
mod variables;
mod vitals;
mod vocabulary;
mod worker;

pub use builder::Builder;
pub use error::Error;
pub use handle::Telemetry;
pub use health::{Health, HealthCheck};
pub use phase::Phase;
pub use poller::{Poll, PollFailure, PollFailureKind, PollInfo, PollReturn, PollState, Polls};
pub use process::Heap;
pub use service::Service;
pub use shutdown::ShutdownReport;
#[cfg(unix)]
pub use signals::{Signal, Signals};
pub use stop::Stop;
pub use store::snapshot::{
    Exemplar, Exponential, Metric, MetricSnapshot, Series, SeriesValue, Skip, Snapshot, Snapshots,
    Summary, Tags, Total,
};
pub use supervisor::{
    Backoff, Child, ChildFailure, ChildInfo, ChildKind, ChildResult, ChildState, Intensity,
    Restart, Strategy, Supervisor,
};
#[cfg(feature = "tokio")]
pub use task::spawn;
pub use task::tasks;
pub use telemetry::OnFailure;
pub use variables::variables;
/// The runtime's own events: of [supervised children](runtime::supervisor::child), of
/// [polls](runtime::poller) and of the [store](runtime::store).
#[doc(inline)]
pub use vocabulary::runtime::runtime;
/// What the runtime measures of the process, to be declared as metrics: `use telemetry_runtime::vm;`.
/// Nothing is read that nobody listens to.
#[doc(inline)]
pub use vocabulary::vm::vm;

/// What expansions name. No stability is promised.
#[doc(hidden)]
pub mod __private {
    pub use telemetry;
}
