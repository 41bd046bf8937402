//! What holds: what the builder was told, and what the environment says.

use std::time::Duration;

use super::endpoint::Endpoint;
use super::headers::Headers;
use super::sampler::Sampler;
use super::signal::Signal;
use super::values::{Compression, Milliseconds, Protocol, Temporality};
use super::variables as say;
use crate::config::Settings;

/// What the builder was told.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) setter: &'static str,
    pub(super) endpoint: Option<String>,
    pub(super) protocol: Option<Protocol>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) compression: Option<Compression>,
    pub(super) timeout: Option<Duration>,
    pub(super) temporality: Option<Temporality>,
    pub(super) every: Option<Duration>,
    pub(super) has_metrics: bool,
    pub(super) has_spans: bool,
    pub(super) backoff: (Duration, Duration),
}

/// What holds for the whole reporter.
#[derive(Debug, Clone)]
pub(super) struct Configured {
    pub(super) metrics: Option<MetricsConfigured>,
    pub(super) spans: Option<SpansConfigured>,
    /// The first rest between two tries, and the longest.
    pub(super) backoff: (Duration, Duration),
}

/// What holds for metrics.
#[derive(Debug, Clone)]
pub(super) struct MetricsConfigured {
    pub(super) target: Target,
    pub(super) temporality: Temporality,
    pub(super) every: Duration,
    /// For one report with all its tries.
    pub(super) limit: Duration,
}

/// What holds for spans.
#[derive(Debug, Clone)]
pub(super) struct SpansConfigured {
    pub(super) target: Target,
    pub(super) sampler: Sampler,
    pub(super) delay: Duration,
    /// For one batch with all its tries.
    pub(super) limit: Duration,
    pub(super) queue_size: usize,
    pub(super) batch_size: usize,
}

/// Where a signal goes, and how.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) signal: Signal,
    pub(super) endpoint: Endpoint,
    pub(super) protocol: Protocol,
    pub(super) headers: Headers,
    pub(super) compression: Compression,
    /// For one request.
    pub(super) timeout: Duration,
}

impl Given {
    /// Reads the environment. What cannot be used is noted there.
    pub(super) fn configured(&self, settings: &mut Settings) -> Configured {
        let has_metrics = settings.read(&say::METRICS_EXPORTER, None).has_otlp();
        let has_spans = settings.read(&say::TRACES_EXPORTER, None).has_otlp();
        let shared = Shared {
            endpoint: settings.read_or_text(&say::ENDPOINT, self.setter, self.endpoint.as_deref()),
            protocol: settings.read(&say::PROTOCOL, self.protocol),
            headers: self.headers(settings),
            compression: settings.read(&say::COMPRESSION, self.compression),
            timeout: settings.read(&say::TIMEOUT, self.timeout.map(Milliseconds)),
        };
        let metrics = (has_metrics && self.has_metrics).then(|| {
            let own = Own {
                endpoint: settings.read(&say::METRICS_ENDPOINT, None),
                protocol: settings.read(&say::METRICS_PROTOCOL, None),
                headers: settings.read(&say::METRICS_HEADERS, None),
                compression: settings.read(&say::METRICS_COMPRESSION, None),
                timeout: settings.read(&say::METRICS_TIMEOUT, None),
            };
            MetricsConfigured {
                target: shared.target(Signal::Metrics, own),
                temporality: settings.read(&say::TEMPORALITY, self.temporality),
                every: settings.read(&say::EXPORT_INTERVAL, self.every.map(Milliseconds)).0,
                limit: settings.read(&say::EXPORT_TIMEOUT, None).limit(),
            }
        });
        let spans = (has_spans && self.has_spans).then(|| {
            let own = Own {
                endpoint: settings.read(&say::TRACES_ENDPOINT, None),
                protocol: settings.read(&say::TRACES_PROTOCOL, None),
                headers: settings.read(&say::TRACES_HEADERS, None),
                compression: settings.read(&say::TRACES_COMPRESSION, None),
                timeout: settings.read(&say::TRACES_TIMEOUT, None),
            };
            let queue_size = settings.read(&say::QUEUE_SIZE, None);
            let batch_size = settings.read(&say::BATCH_SIZE, None);
            let kind = settings.read(&say::SAMPLER, None);
            let ratio = settings.read(&say::SAMPLER_ARGUMENT, None);
            SpansConfigured {
                target: shared.target(Signal::Spans, own),
                sampler: kind.sampler(ratio.unwrap_or(1.0)),
                delay: settings.read(&say::SCHEDULE_DELAY, None).0,
                limit: settings.read(&say::BATCH_TIMEOUT, None).limit(),
                queue_size,
                batch_size: batch_size.min(queue_size),
            }
        });
        Configured { metrics, spans, backoff: self.backoff }
    }

    fn headers(&self, settings: &mut Settings) -> Headers {
        let mut given = Headers::default();
        for (name, value) in &self.headers {
            if let Err(why) = given.insert(name, value) {
                settings.refuse(format!("a header given to `Otlp` cannot be used, {why}"));
            }
        }
        let given = (!self.headers.is_empty()).then_some(Some(given));
        settings.read(&say::HEADERS, given).unwrap_or_default()
    }
}

/// What was said for all signals.
struct Shared {
    endpoint: Option<Endpoint>,
    protocol: Protocol,
    headers: Headers,
    compression: Compression,
    timeout: Milliseconds,
}

/// What was said for one signal.
struct Own {
    endpoint: Option<Endpoint>,
    protocol: Option<Protocol>,
    headers: Option<Headers>,
    compression: Option<Compression>,
    timeout: Option<Milliseconds>,
}

impl Shared {
    fn target(&self, signal: Signal, own: Own) -> Target {
        let protocol = own.protocol.unwrap_or(self.protocol);
        let endpoint = own.endpoint.unwrap_or_else(|| match protocol {
            Protocol::Http => {
                let base = self.endpoint.clone().unwrap_or_else(|| Endpoint::local(4318));
                base.of_signal(signal.path())
            }
            Protocol::Grpc => self.endpoint.clone().unwrap_or_else(|| Endpoint::local(4317)),
        });
        Target {
            signal,
            endpoint,
            protocol,
            headers: own.headers.unwrap_or_else(|| self.headers.clone()),
            compression: own.compression.unwrap_or(self.compression),
            timeout: own.timeout.unwrap_or(self.timeout).limit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Otlp;
    use super::*;
    use crate::config::{Environment, Value as _};

    fn configured(otlp: &Otlp, variables: &[(&str, &str)]) -> Configured {
        let environment: Environment = variables.iter().copied().collect();
        let mut settings = Settings::new(environment);
        let configured = otlp.given.configured(&mut settings);
        settings.finish(super::say::VARIABLES).unwrap();
        configured
    }

    #[test]
    fn without_a_word_both_signals_go_to_a_receiver_on_this_machine() {
        let configured = configured(&Otlp::from_env(), &[]);
        let (metrics, spans) = (configured.metrics.unwrap(), configured.spans.unwrap());
        assert_eq!(metrics.target.endpoint.show(), "http://localhost:4318/v1/metrics");
        assert_eq!(spans.target.endpoint.show(), "http://localhost:4318/v1/traces");
        assert_eq!(metrics.target.timeout, Duration::from_secs(10));
        assert_eq!((metrics.every, metrics.limit.as_secs()), (Duration::from_mins(1), 30));
        assert_eq!((spans.queue_size, spans.batch_size), (2_048, 512));
        assert_eq!(metrics.temporality, Temporality::Cumulative);
    }

    #[test]
    fn what_is_said_of_a_signal_wins_and_its_endpoint_is_used_as_it_is() {
        let configured = configured(
            &Otlp::http("http://builder:1"),
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:4318/otlp/"),
                ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://own:9/custom"),
                ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2"),
                ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=3"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
                ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "7000"),
                ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
                ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
                ("OTEL_BSP_MAX_QUEUE_SIZE", "10"),
            ],
        );
        let (metrics, spans) = (configured.metrics.unwrap(), configured.spans.unwrap());
        assert_eq!(metrics.target.endpoint.show(), "http://own:9/custom");
        assert_eq!(spans.target.endpoint.show(), "http://base:4318/otlp/v1/traces");
        assert_eq!(metrics.target.headers.show(), "a,b");
        assert_eq!(spans.target.headers.show(), "c");
        assert_eq!(metrics.target.timeout, Duration::from_secs(7));
        assert_eq!(spans.target.timeout, Duration::from_secs(5));
        assert_eq!(metrics.target.compression, Compression::Gzip);
        assert_eq!(spans.target.compression, Compression::None);
        assert_eq!(spans.batch_size, 10);
    }

    #[test]
    fn a_signal_that_is_not_wanted_is_left_out() {
        let both = Otlp::from_env();
        assert!(configured(&both, &[("OTEL_TRACES_EXPORTER", "none")]).spans.is_none());
        assert!(configured(&both, &[("OTEL_METRICS_EXPORTER", "prometheus")]).metrics.is_none());
        let metrics = Otlp::from_env().without_spans();
        assert!(configured(&metrics, &[("OTEL_TRACES_EXPORTER", "otlp")]).spans.is_none());
    }

    #[test]
    fn bad_values_are_all_told_and_secrets_are_not() {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://far"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "sesame"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
            ("OTEL_TRACES_SAMPLER", "often"),
            ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ];
        let mut settings = Settings::new(variables.iter().copied().collect());
        Otlp::from_env().given.configured(&mut settings);
        let error = settings.finish(&[]).unwrap_err().to_string();
        assert!(error.starts_with("5 values"), "{error}");
        assert!(!error.contains("sesame"), "{error}");
    }
}
