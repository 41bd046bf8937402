//! What operators may say, as OpenTelemetry names it.
//!
//! Sources: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/> and
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::time::Duration;

use super::endpoint::Endpoint;
use super::headers::Headers;
use super::sampler::SamplerKind;
use super::values::{Compression, Exporters, Milliseconds, Protocol, Temporality};
use crate::config::{AnyVariable, Variable};

pub(super) static ENDPOINT: Variable<Option<Endpoint>> = Variable::new(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    || None,
    "Where OTLP is sent to; over HTTP `/v1/metrics` and `/v1/traces` are appended.",
)
.described("http://localhost:4318, with gRPC http://localhost:4317");

pub(super) static METRICS_ENDPOINT: Variable<Option<Endpoint>> = Variable::new(
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    || None,
    "Where OTLP sends metrics to, used as it is; wins over OTEL_EXPORTER_OTLP_ENDPOINT.",
);

pub(super) static TRACES_ENDPOINT: Variable<Option<Endpoint>> = Variable::new(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    || None,
    "Where OTLP sends spans to, used as it is; wins over OTEL_EXPORTER_OTLP_ENDPOINT.",
);

pub(super) static HEADERS: Variable<Option<Headers>> = Variable::new(
    "OTEL_EXPORTER_OTLP_HEADERS",
    || None,
    "Headers of every OTLP request, such as who sends it.",
)
.secret();

pub(super) static METRICS_HEADERS: Variable<Option<Headers>> = Variable::new(
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    || None,
    "Headers of OTLP requests of metrics; wins over OTEL_EXPORTER_OTLP_HEADERS.",
)
.secret();

pub(super) static TRACES_HEADERS: Variable<Option<Headers>> = Variable::new(
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    || None,
    "Headers of OTLP requests of spans; wins over OTEL_EXPORTER_OTLP_HEADERS.",
)
.secret();

pub(super) static TIMEOUT: Variable<Milliseconds> = Variable::new(
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    || Milliseconds(Duration::from_secs(10)),
    "How long the answer to an OTLP request may take; 0 for no limit.",
);

pub(super) static METRICS_TIMEOUT: Variable<Option<Milliseconds>> = Variable::new(
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    || None,
    "How long the answer to a request of metrics may take; wins over OTEL_EXPORTER_OTLP_TIMEOUT.",
);

pub(super) static TRACES_TIMEOUT: Variable<Option<Milliseconds>> = Variable::new(
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    || None,
    "How long the answer to a request of spans may take; wins over OTEL_EXPORTER_OTLP_TIMEOUT.",
);

pub(super) static COMPRESSION: Variable<Compression> = Variable::new(
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    || Compression::None,
    "Whether OTLP requests are made smaller.",
);

pub(super) static METRICS_COMPRESSION: Variable<Option<Compression>> = Variable::new(
    "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
    || None,
    "Whether requests of metrics are made smaller; wins over OTEL_EXPORTER_OTLP_COMPRESSION.",
);

pub(super) static TRACES_COMPRESSION: Variable<Option<Compression>> = Variable::new(
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    || None,
    "Whether requests of spans are made smaller; wins over OTEL_EXPORTER_OTLP_COMPRESSION.",
);

pub(super) static PROTOCOL: Variable<Protocol> = Variable::new(
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    || Protocol::Http,
    "How OTLP messages travel; gRPC takes a feature of its own.",
);

pub(super) static METRICS_PROTOCOL: Variable<Option<Protocol>> = Variable::new(
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    || None,
    "How messages of metrics travel; wins over OTEL_EXPORTER_OTLP_PROTOCOL.",
);

pub(super) static TRACES_PROTOCOL: Variable<Option<Protocol>> = Variable::new(
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    || None,
    "How messages of spans travel; wins over OTEL_EXPORTER_OTLP_PROTOCOL.",
);

pub(super) static METRICS_EXPORTER: Variable<Exporters> = Variable::new(
    "OTEL_METRICS_EXPORTER",
    Exporters::otlp,
    "Where metrics are sent to; OTLP does where `otlp` is among the names.",
);

pub(super) static TEMPORALITY: Variable<Temporality> = Variable::new(
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    || Temporality::Cumulative,
    "Since when OTLP counts what can only rise: since the start, or since the last report.",
);

pub(super) static EXPORT_INTERVAL: Variable<Milliseconds> = Variable::new(
    "OTEL_METRIC_EXPORT_INTERVAL",
    || Milliseconds(Duration::from_mins(1)),
    "How often metrics are sent by OTLP.",
)
.within(|| Milliseconds(Duration::from_millis(1))..=Milliseconds(Duration::from_hours(24)));

pub(super) static EXPORT_TIMEOUT: Variable<Milliseconds> = Variable::new(
    "OTEL_METRIC_EXPORT_TIMEOUT",
    || Milliseconds(Duration::from_secs(30)),
    "How long a report of metrics may take with all its retries; 0 for no limit.",
);

pub(super) static TRACES_EXPORTER: Variable<Exporters> = Variable::new(
    "OTEL_TRACES_EXPORTER",
    Exporters::otlp,
    "Where spans are sent to; OTLP does where `otlp` is among the names.",
);

pub(super) static SAMPLER: Variable<SamplerKind> = Variable::new(
    "OTEL_TRACES_SAMPLER",
    || SamplerKind::ParentBased(&SamplerKind::AlwaysOn),
    "Of which traces the spans are sent.",
);

pub(super) static SAMPLER_ARGUMENT: Variable<Option<f64>> = Variable::new(
    "OTEL_TRACES_SAMPLER_ARG",
    || None,
    "The part of all traces that the samplers with a ratio choose.",
)
.described("1")
.within(|| Some(0.0)..=Some(1.0));

pub(super) static SCHEDULE_DELAY: Variable<Milliseconds> = Variable::new(
    "OTEL_BSP_SCHEDULE_DELAY",
    || Milliseconds(Duration::from_secs(5)),
    "How long spans wait for a batch to become full.",
)
.within(|| Milliseconds(Duration::from_millis(1))..=Milliseconds(Duration::from_hours(24)));

pub(super) static BATCH_TIMEOUT: Variable<Milliseconds> = Variable::new(
    "OTEL_BSP_EXPORT_TIMEOUT",
    || Milliseconds(Duration::from_secs(30)),
    "How long a batch of spans may take with all its retries; 0 for no limit.",
);

pub(super) static QUEUE_SIZE: Variable<usize> = Variable::new(
    "OTEL_BSP_MAX_QUEUE_SIZE",
    || 2_048,
    "How many spans may wait to be sent; more are dropped and counted.",
)
.within(|| 1..=1_000_000);

pub(super) static BATCH_SIZE: Variable<usize> = Variable::new(
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    || 512,
    "How many spans are sent at a time; not more than may wait.",
)
.within(|| 1..=1_000_000);

/// All of them, in the order of the page.
pub(crate) static VARIABLES: &[&dyn AnyVariable] = &[
    &ENDPOINT,
    &METRICS_ENDPOINT,
    &TRACES_ENDPOINT,
    &HEADERS,
    &METRICS_HEADERS,
    &TRACES_HEADERS,
    &TIMEOUT,
    &METRICS_TIMEOUT,
    &TRACES_TIMEOUT,
    &COMPRESSION,
    &METRICS_COMPRESSION,
    &TRACES_COMPRESSION,
    &PROTOCOL,
    &METRICS_PROTOCOL,
    &TRACES_PROTOCOL,
    &METRICS_EXPORTER,
    &TEMPORALITY,
    &EXPORT_INTERVAL,
    &EXPORT_TIMEOUT,
    &TRACES_EXPORTER,
    &SAMPLER,
    &SAMPLER_ARGUMENT,
    &SCHEDULE_DELAY,
    &BATCH_TIMEOUT,
    &QUEUE_SIZE,
    &BATCH_SIZE,
];
