//! OpenTelemetry's protocol, OTLP: metrics and spans to a collector, or to whatever else takes it.
//!
//! ```no_run
//! use telemetry_runtime::Telemetry;
//! use telemetry_runtime::reporter::Otlp;
//!
//! let telemetry = Telemetry::builder()
//!     .service("shop", "1.2.3")
//!     .reporter(Otlp::http("http://collector:4318").header("x-tenant", "shop").gzip())
//!     .start()?;
//! # Ok::<(), telemetry_runtime::Error>(())
//! ```
//!
//! **Metrics** are sent at an interval, as [data points](points). Of each series only the values that
//! arrived last are kept, and only if differences to them are wanted: nothing waits in a queue. What
//! could not be sent is in the next report, of delta temporality too.
//!
//! **Spans** are heard while this reporter runs, and wait in a [queue](queue) of bounded length for a
//! batch to become full. Where it is full a span is dropped and counted; who ends one never waits.
//! Without spans, or with a [sampler](sampler) that chooses none, nothing listens, and spans cost what
//! they cost anyway.
//!
//! **Delivery**: one request at a time for each signal. What a receiver cannot take now is
//! [tried again](delivery); what it refuses or rejects is counted and logged. Each message executes
//! [`runtime.otlp.export`](crate::runtime::otlp::export), and the counts are metrics of the scope
//! `telemetry-runtime`: `telemetry.otlp.exported`, `.rejected`, `.retried` and `.dropped`.
//!
//! **Not here**: encryption. A collector beside the program encrypts, and holds the certificates.
//!
//! What operators say is in [`config`](crate::config); `OTEL_…` variables win over the builder.

mod answer;
mod batches;
mod client;
mod counts;
mod delivery;
mod endpoint;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
#[cfg(feature = "otlp-grpc")]
mod grpc;
mod headers;
mod message;
mod metrics;
mod past;
mod points;
mod queue;
mod report;
mod resource;
mod retry;
mod sampler;
mod settings;
mod signal;
mod spans;
#[cfg(test)]
mod tests;
mod unit;
mod values;
mod variables;
mod vitals;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::batches::Batches;
use self::counts::Counts;
use self::delivery::Delivery;
use self::metrics::Encoder;
use self::report::MetricsReport;
use self::resource::Packages;
use self::settings::{Configured, Given, MetricsConfigured, SpansConfigured};
use self::signal::Signal;
pub use self::values::Temporality;
use self::values::{Compression, Protocol};
pub(crate) use self::variables::VARIABLES;
use super::selection::selects;
use super::{Report, Reporter, Selection, Start};
use crate::config::{Settings, Value as _};
use crate::error::Error;
use crate::store::snapshot::Snapshot;

const NAME: &str = "otlp";
/// The first rest between two tries, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Sends metrics and spans by OpenTelemetry's protocol, with the feature `otlp`.
///
/// Metrics keep their names, with what is not allowed in them as `_`, and their units become those of
/// UCUM. Counters and sums of unsigned measurements are monotonic sums, other sums are not, last values
/// are gauges; distributions are histograms, or exponential histograms where they have no buckets of
/// their own; summaries are summaries. Spans have the fields of their metadata and measurements as
/// attributes.
///
/// Each method says what the environment may say in its place: see [`config`](crate::config).
pub struct Otlp {
    given: Given,
    selection: Selection,
    configured: Option<Configured>,
    metrics: Option<MetricsReport>,
}

impl Otlp {
    /// To what the environment names, else over HTTP to `http://localhost:4318`.
    ///
    /// Metrics are sent where `OTEL_METRICS_EXPORTER` has `otlp` among its names, and spans where
    /// `OTEL_TRACES_EXPORTER` has: as they do unless they are set.
    pub fn from_env() -> Self {
        let given = Given {
            setter: "the address given to `Otlp`",
            endpoint: None,
            protocol: None,
            headers: Vec::new(),
            compression: None,
            timeout: None,
            temporality: None,
            every: None,
            has_metrics: true,
            has_spans: true,
            backoff: BACKOFF,
        };
        Self { given, selection: Selection::all(), configured: None, metrics: None }
    }

    /// Over HTTP, to `/v1/metrics` and `/v1/traces` below an address: `http://collector:4318`.
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` wins over it.
    pub fn http(endpoint: impl Into<String>) -> Self {
        let mut otlp = Self::from_env();
        otlp.given.endpoint = Some(endpoint.into());
        otlp.given.protocol = Some(Protocol::Http);
        otlp
    }

    /// By gRPC, to an address: `http://collector:4317`. `OTEL_EXPORTER_OTLP_ENDPOINT` wins over it.
    #[cfg(feature = "otlp-grpc")]
    pub fn grpc(endpoint: impl Into<String>) -> Self {
        let mut otlp = Self::from_env();
        otlp.given.endpoint = Some(endpoint.into());
        otlp.given.protocol = Some(Protocol::Grpc);
        otlp
    }

    /// Adds a header to every request, as receivers want that know their senders by one. It is never
    /// shown. `OTEL_EXPORTER_OTLP_HEADERS` wins over all that are given.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.given.headers.push((name.into(), value.into()));
        self
    }

    /// Makes requests smaller, for a millisecond of work a megabyte or so. `OTEL_EXPORTER_OTLP_COMPRESSION`
    /// wins over it.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.given.compression = Some(Compression::Gzip);
        self
    }

    /// How long the answer to one request may take: 10 s unless given.
    /// `OTEL_EXPORTER_OTLP_TIMEOUT` wins over it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.given.timeout = Some(timeout);
        self
    }

    /// Since when values that rise are counted: since the start unless given.
    /// `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` wins over it.
    #[must_use]
    pub fn temporality(mut self, temporality: Temporality) -> Self {
        self.given.temporality = Some(temporality);
        self
    }

    /// How often metrics are sent: once a minute unless given. `OTEL_METRIC_EXPORT_INTERVAL` wins over
    /// it.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.given.every = Some(interval);
        self
    }

    /// The rest before the second try of a request, which doubles with each try, and the longest rest:
    /// 1 s and 30 s unless given. Each rest is of a random length between its half and its whole.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.given.backoff = (first, longest);
        self
    }

    selects!();

    /// Sends spans alone.
    #[must_use]
    pub fn without_metrics(mut self) -> Self {
        self.given.has_metrics = false;
        self
    }

    /// Sends metrics alone.
    #[must_use]
    pub fn without_spans(mut self) -> Self {
        self.given.has_spans = false;
        self
    }

    fn start_metrics(
        &mut self,
        configured: MetricsConfigured,
        backoff: (Duration, Duration),
        counts: &[(Signal, Arc<Counts>)],
        start: &mut Start<'_>,
    ) {
        let MetricsConfigured { target, temporality, every, limit } = configured;
        start.sends_to(format!("{} every {}", target.endpoint.show(), every.show()));
        let resource = resource::resource(start.service());
        let own = counts_of(counts, Signal::Metrics);
        self.metrics = Some(MetricsReport {
            encoder: Encoder::new(resource, Packages::linked(), temporality),
            delivery: Delivery::new(target, backoff, own, start.phases.clone()),
            limit,
            counts: counts.to_vec(),
        });
    }
}

/// # Errors
/// When the spans' handler cannot be attached.
fn start_spans(
    configured: SpansConfigured,
    backoff: (Duration, Duration),
    counts: &[(Signal, Arc<Counts>)],
    start: &mut Start<'_>,
) -> Result<(), Error> {
    start.sends_to(configured.target.endpoint.show());
    let resource = resource::resource(start.service());
    let own = counts_of(counts, Signal::Spans);
    let batches = Batches::start(configured, backoff, resource, own, start)?;
    start.run_beside(batches.child());
    Ok(())
}

fn counts_of(counts: &[(Signal, Arc<Counts>)], signal: Signal) -> Arc<Counts> {
    let found = counts.iter().find(|(known, _)| *known == signal);
    found.map(|(_, counts)| counts.clone()).unwrap_or_default()
}

impl Reporter for Otlp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn configure(&mut self, settings: &mut Settings) {
        self.configured = Some(self.given.configured(settings));
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        let Some(Configured { metrics, spans, backoff }) = self.configured.clone() else {
            return Ok(());
        };
        let spans = spans.filter(|spans| !spans.sampler.is_off());
        let signals = [(Signal::Metrics, metrics.is_some()), (Signal::Spans, spans.is_some())];
        let counts: Vec<(Signal, Arc<Counts>)> = signals
            .into_iter()
            .filter(|(_, is_sent)| *is_sent)
            .map(|(signal, _)| (signal, Arc::default()))
            .collect();
        if let Some(metrics) = metrics {
            self.start_metrics(metrics, backoff, &counts, start);
        }
        if let Some(spans) = spans {
            start_spans(spans, backoff, &counts, start)?;
        }
        Ok(())
    }

    fn interval(&self) -> Option<Duration> {
        Some(self.configured.as_ref()?.metrics.as_ref()?.every)
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        Box::pin(async move {
            match &mut self.metrics {
                Some(metrics) => metrics.report(snapshot).await,
                None => Ok(()),
            }
        })
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The headers are secrets.
        let Given { endpoint, protocol, has_metrics, has_spans, .. } = &self.given;
        f.debug_struct("Otlp")
            .field("endpoint", endpoint)
            .field("protocol", protocol)
            .field("has_metrics", has_metrics)
            .field("has_spans", has_spans)
            .finish_non_exhaustive()
    }
}
