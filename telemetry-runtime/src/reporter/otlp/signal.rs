//! What is sent: metrics, or spans.

/// A kind of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Metrics,
    Spans,
}

impl Signal {
    /// Below the base of an endpoint.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Metrics => "v1/metrics",
            Self::Spans => "v1/traces",
        }
    }

    /// The service of gRPC and its method.
    #[cfg(feature = "otlp-grpc")]
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Spans => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        }
    }

    /// What the reporter's own metrics and events call it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Spans => "spans",
        }
    }

    /// What is counted of it.
    pub(super) fn items(self) -> &'static str {
        match self {
            Self::Metrics => "data points",
            Self::Spans => "spans",
        }
    }
}
