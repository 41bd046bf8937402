//! Reporters: what carries snapshots out of the process.
//!
//! A reporter sees immutable [`Snapshot`]s and nothing else. One that is asked mounts a service on
//! the admin listener; one that sends names an interval and is handed a snapshot each time, and one
//! more at shutdown. All run on the runtime's thread, so they must not block it.

mod changes;
pub(crate) mod console;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod outcome;
pub(crate) mod prometheus;
mod selection;
pub(crate) mod statsd;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use self::console::Console;
#[cfg(feature = "otlp")]
pub(crate) use self::otlp::VARIABLES as OTLP_VARIABLES;
#[cfg(all(fuzzing, feature = "otlp"))]
pub(crate) use self::otlp::fuzzing as otlp_fuzzing;
#[cfg(feature = "otlp")]
pub use self::otlp::{Otlp, Temporality};
pub use self::prometheus::{Prometheus, PrometheusService, Pushgateway, RemoteWrite};
pub use self::selection::{Select, Selection};
pub use self::statsd::{Dialect, Statsd};
use crate::admin::{MountService, Mounts};
use crate::config::{Settings, Variable};
use crate::error::Error;
use crate::log::Log;
use crate::phase::Phases;
use crate::service::Service;
use crate::store::snapshot::{Metric, Snapshot, Snapshots};
use crate::supervisor::Child;

/// Whether reporters are left out.
pub(crate) static DISABLED: Variable<bool> = Variable::new(
    "OTEL_SDK_DISABLED",
    || false,
    "Whether all reporters are left out; all else runs, the admin listener too.",
);

/// Carries snapshots somewhere.
///
/// # The contract
/// The runtime calls [`configure`](Self::configure), [`selection`](Self::selection) and
/// [`start`](Self::start) once, in this order, on the thread that starts it; then
/// [`report`](Self::report) at each [`interval`](Self::interval), one at a time, on its own thread,
/// which all reporters, the admin listener and the checks share. It asks a last time at the shutdown,
/// and drops the report that has not ended by the deadline.
///
/// A reporter MUST, and [`check_reporter`](crate::testing::check_reporter) tries whether it does:
/// 1. have a name that is not empty and stays the same;
/// 2. have an interval that is not zero and stays the same, or none;
/// 3. end each report, of whatever there is: every kind of metric, no series, the same again, hostile
///    tags, numbers at the ends of their range. What it cannot tell, it leaves out; one bad series
///    never harms the others;
/// 4. never block the thread: what takes long is awaited, or done on a thread of its own;
/// 5. go on after a report that was dropped before its end, or that failed;
/// 6. let no caller wait: it holds nothing that executing an event needs;
/// 7. answer requests to what it mounts;
/// 8. leave nothing behind when it is dropped: no handler, no thread that goes on.
///
/// It SHOULD
/// - say where it sends to, by [`Start::sends_to`];
/// - count what it sends and drops, as ours do with
///   [`runtime.reporter.sent`](mod@crate::runtime::reporter::sent),
///   [`retried`](mod@crate::runtime::reporter::retried) and
///   [`dropped`](mod@crate::runtime::reporter::dropped), of which
///   [`reporter_metrics!`](crate::reporter_metrics) makes metrics;
/// - bound what it keeps: cumulative snapshots need no queue, the next one has all;
/// - tell all series the tags of [`Snapshot::tags`];
/// - read what operators may say through [`Settings`], and let
///   [`selection`](Self::selection) be chosen.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use telemetry_runtime::Error;
/// use telemetry_runtime::reporter::{Report, Reporter};
/// use telemetry_runtime::Snapshot;
///
/// struct Names;
///
/// impl Reporter for Names {
///     fn name(&self) -> &str {
///         "names"
///     }
///
///     fn interval(&self) -> Option<Duration> {
///         Some(Duration::from_secs(10))
///     }
///
///     fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
///         Box::pin(async move {
///             for metric in snapshot.metrics() {
///                 println!("{}: {} series", metric.metric().name(), metric.series().count());
///             }
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait Reporter: Send + 'static {
    /// What the reporter is called in the start-up report and in errors.
    fn name(&self) -> &str;

    /// Called once before [`start`](Reporter::start): reads what operators say, and keeps it. What
    /// cannot be used stops the start, with that of everybody else.
    fn configure(&mut self, settings: &mut Settings) {
        let _ = settings;
    }

    /// Called once after [`configure`](Reporter::configure): which metrics the reporter is given, and
    /// under which names. All its snapshots have these alone.
    fn selection(&self) -> Selection {
        Selection::all()
    }

    /// Called once before anything runs: opens what it needs, mounts what it answers.
    ///
    /// # Errors
    /// Whatever makes it useless: the runtime then does not start.
    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        let _ = start;
        Ok(())
    }

    /// How often [`report`](Reporter::report) is called; `None` for never.
    fn interval(&self) -> Option<Duration> {
        None
    }

    /// Sends one snapshot. Also called at shutdown, if there is an interval, within the deadline.
    ///
    /// # Errors
    /// What was not sent; it is counted and logged, and the next interval is as if nothing was.
    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        let _ = snapshot;
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What [`Reporter::report`] returns.
pub type Report<'r> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'r>>;

/// What a reporter finds when it starts.
pub struct Start<'s> {
    pub(crate) service: &'s Service,
    pub(crate) metrics: &'s [Arc<Metric>],
    pub(crate) snapshots: &'s Snapshots,
    pub(crate) mounts: &'s mut Mounts,
    /// Where this reporter sends to.
    pub(crate) destinations: Vec<String>,
    /// What runs beside this reporter.
    pub(crate) children: Vec<Child>,
    #[cfg_attr(
        not(feature = "otlp"),
        expect(dead_code, reason = "what sends by itself asks for it")
    )]
    pub(crate) phases: &'s Phases,
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "what sends by itself logs"))]
    pub(crate) log: &'s Log,
}

impl Start<'_> {
    /// The identity of the application.
    pub fn service(&self) -> &Service {
        self.service
    }

    /// The metrics of all snapshots, by name.
    pub fn metrics(&self) -> impl ExactSizeIterator<Item = &Metric> {
        self.metrics.iter().map(|metric| &**metric)
    }

    /// Where snapshots are taken, for reporters that are asked.
    pub fn snapshots(&self) -> Snapshots {
        self.snapshots.clone()
    }

    /// Mounts a service on the admin listener, at a path and all below it. `label` is what the
    /// start-up report calls it.
    ///
    /// # Errors
    /// When something is mounted at the path already, or the path does not begin with `/`.
    pub fn mount(
        &mut self,
        label: &str,
        path: &str,
        service: impl MountService,
    ) -> Result<(), Error> {
        self.mounts.mount(label, path, service)
    }

    /// Says where the reporter sends to, for the start-up report: `udp://127.0.0.1:8125 every 10s`.
    pub fn sends_to(&mut self, destination: impl Into<String>) {
        self.destinations.push(destination.into());
    }

    /// Runs a child beside the reporter, under supervision: what sends something else than snapshots, in
    /// its own time. It is started and stopped with the reporters.
    pub fn run_beside(&mut self, child: impl Into<Child>) {
        self.children.push(child.into());
    }
}

impl fmt::Debug for Start<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("service", &self.service).finish_non_exhaustive()
    }
}
