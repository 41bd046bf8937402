//! Prometheus: the metrics, when somebody asks.

mod body;
mod endpoint;
mod family;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod labels;
mod messages;
mod negotiation;
mod number;
mod page;
mod protobuf;
pub(crate) mod push;
pub(crate) mod remote_write;
mod service;
mod target;
mod text;
mod vitals;

use std::fmt;
use std::sync::Arc;

pub use self::push::Pushgateway;
pub use self::remote_write::RemoteWrite;
use self::service::Before;
pub use self::service::PrometheusService;
use super::selection::selects;
use super::{Reporter, Selection, Start};
use crate::config::{Settings, Variable};
use crate::error::Error;
use crate::store::snapshot::Snapshots;

const NAME: &str = "prometheus";

/// How much the rendered labels may take.
pub(crate) static LABEL_BYTES: Variable<usize> = Variable::new(
    "TELEMETRY_PROMETHEUS_LABEL_BYTES",
    || 64 << 20,
    "How many bytes the rendered labels of the series may take between scrapes; 0 keeps none.",
);

/// Whether OpenMetrics has `_created`.
pub(crate) static CREATED: Variable<bool> = Variable::new(
    "TELEMETRY_PROMETHEUS_CREATED",
    || true,
    "Whether OpenMetrics has a `_created` for each counter, histogram and summary, which is a series of its own in Prometheus.",
);

/// Serves the metrics on the admin listener, in the format that the scraper prefers by its `Accept`:
/// Prometheus' text 0.0.4, OpenMetrics 1.0, or protobuf with native histograms; with gzip where that is
/// accepted.
///
/// Names follow the metrics': `my_app.orders.placed.count` is `my_app_orders_placed_total`. A metric
/// with `reporter_options = { prometheus_unit = "seconds" }` has that behind its name, and as its unit.
/// Exponential distributions are native histograms in protobuf, and in text have the buckets that
/// something was measured in. Exemplars, with `trace_id` and `span_id`, are in OpenMetrics and in
/// protobuf.
///
/// The answer is written while it is sent: a scrape takes a snapshot and 64 KiB, at any number of
/// series, and others have the thread between two pieces. A scraper's
/// `X-Prometheus-Scrape-Timeout-Seconds` is heeded: what would come later is not written, and counted.
///
/// | variable | |
/// |---|---|
/// | `TELEMETRY_PROMETHEUS_LABEL_BYTES` | [`label_bytes`](Self::label_bytes) |
/// | `TELEMETRY_PROMETHEUS_CREATED` | [`created`](Self::created) |
///
/// # Examples
/// ```
/// use telemetry_runtime::Telemetry;
/// use telemetry_runtime::reporter::Prometheus;
///
/// let prometheus = Prometheus::new().before_scrape(|| { /* measure what is cheap to measure */ });
/// let telemetry = Telemetry::builder().admin("127.0.0.1:0").reporter(prometheus).start()?;
/// # telemetry.shutdown(std::time::Duration::from_secs(5));
/// # Ok::<(), telemetry_runtime::Error>(())
/// ```
/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
#[derive(Clone)]
pub struct Prometheus {
    path: String,
    created: Option<bool>,
    label_bytes: Option<usize>,
    before: Vec<Before>,
    selection: Selection,
}

impl Prometheus {
    /// Answers at `/metrics`.
    pub fn new() -> Self {
        Self {
            path: "/metrics".into(),
            created: None,
            label_bytes: None,
            before: Vec::new(),
            selection: Selection::all(),
        }
    }

    /// Answers at another path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Calls `before` before each scrape, on the runtime's thread: it must not block. What it executes
    /// is in the answer. A panic in it is counted, and the scrape goes on.
    #[must_use]
    pub fn before_scrape(mut self, before: impl Fn() + Send + Sync + 'static) -> Self {
        self.before.push(Arc::new(before));
        self
    }

    /// Whether OpenMetrics has a `_created` for each counter, histogram and summary: since when it
    /// counts. Prometheus stores them as series of their own. They are left out of a metric of which
    /// series have gone, and protobuf has them without that cost. By default they are there.
    #[must_use]
    pub fn created(mut self, created: bool) -> Self {
        self.created = Some(created);
        self
    }

    /// How many bytes the labels of the series may take, rendered as they are sent: 50 to 100 a series
    /// as a rule. They are kept as long as no series comes or goes and somebody has asked within five
    /// minutes, and make text three times as fast. By default 64 MiB; 0 keeps none.
    #[must_use]
    pub fn label_bytes(mut self, label_bytes: usize) -> Self {
        self.label_bytes = Some(label_bytes);
        self
    }

    /// The service that answers, for a router of yours, as in
    /// `Router::new().route_service("/metrics", Prometheus::new().service(telemetry.snapshots())?)` of
    /// axum. It has the options of this reporter, and reads no variables.
    ///
    /// # Errors
    /// When the metrics cannot be selected as this reporter says.
    pub fn service(&self, snapshots: &Snapshots) -> Result<PrometheusService, Error> {
        let metrics = snapshots.take().shared_metrics();
        let (_, selected) = self.selection.of(self.name(), &metrics, snapshots)?;
        Ok(self.answering(&selected))
    }

    /// `snapshots` are those that this reporter selects.
    fn answering(&self, snapshots: &Snapshots) -> PrometheusService {
        let created = self.created.unwrap_or_else(|| CREATED.default_value());
        let label_bytes = self.label_bytes.unwrap_or_else(|| LABEL_BYTES.default_value());
        PrometheusService::new(snapshots.clone(), created, self.before.clone(), label_bytes)
    }

    selects!();
}

impl Default for Prometheus {
    fn default() -> Self {
        Self::new()
    }
}

impl Reporter for Prometheus {
    fn name(&self) -> &'static str {
        NAME
    }

    fn configure(&mut self, settings: &mut Settings) {
        self.created = Some(settings.read(&CREATED, self.created));
        self.label_bytes = Some(settings.read(&LABEL_BYTES, self.label_bytes));
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        let service = self.answering(start.snapshots);
        start.mount("metrics", &self.path, service)
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, created, label_bytes, before, selection } = self;
        f.debug_struct("Prometheus")
            .field("path", path)
            .field("created", created)
            .field("label_bytes", label_bytes)
            .field("before_scrape", &before.len())
            .field("selection", selection)
            .finish()
    }
}
