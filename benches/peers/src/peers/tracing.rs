//! `tracing`: without a subscriber; with a registry and one layer, which makes spans; and with the
//! metrics layer of `tracing-opentelemetry`.

use std::hint::black_box;
use std::sync::Once;
use std::time::Instant;

use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber, instrument};
use tracing_opentelemetry::MetricsLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::contender::Contender;
use crate::levels::{Size, levels};
use crate::peers::opentelemetry::provider;
use crate::traffic::Request;
use crate::work::{poll_to_end, work, work_later};

const METRICS: &str = "tracing + MetricsLayer";

/// Gives the program a subscriber, for the level INFO and what is above it.
fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry()
            .with(LevelFilter::INFO)
            .with(Spans)
            .with(MetricsLayer::new(provider().clone()));
        tracing::subscriber::set_global_default(subscriber).expect("no other subscriber");
    });
}

/// Makes spans be, notes when they begin, and reads what the handlers' row executes.
struct Spans;

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Spans {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Instant::now());
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "handled" {
            event.record(&mut Amount);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(begin) = span.extensions().get::<Instant>()
        {
            black_box(begin.elapsed());
        }
    }
}

struct Amount;

impl tracing::field::Visit for Amount {
    fn record_u64(&mut self, field: &tracing::field::Field, value: u64) {
        if field.name() == "bytes" {
            black_box(value);
        }
    }

    fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
}

pub fn disabled() -> Contender {
    Contender::peer("tracing event", |request| {
        tracing::trace!(route = request.route, status = request.status, bytes = request.bytes);
    })
}

#[instrument(level = "trace", skip_all, fields(route = request.route, status = request.status))]
fn silent(request: &Request) -> u64 {
    work(request)
}

pub fn disabled_span() -> Contender {
    Contender::peer("#[tracing::instrument]", |request| {
        black_box(silent(request));
    })
}

pub fn handler() -> Contender {
    subscribe();
    Contender::peer("tracing event, a layer", |request| {
        tracing::info!(target: "handled", route = request.route, bytes = request.bytes);
    })
}

pub fn counter() -> Contender {
    subscribe();
    Contender::peer(METRICS, |_| tracing::info!(monotonic_counter.requests = 1_u64))
}

pub fn tagged_counter() -> Contender {
    subscribe();
    Contender::peer(METRICS, |request| {
        tracing::info!(
            monotonic_counter.tagged = 1_u64,
            route = request.route,
            status = request.status
        );
    })
}

pub fn tagged_distribution() -> Contender {
    subscribe();
    Contender::peer(METRICS, |request| {
        tracing::info!(
            histogram.millis = request.millis,
            route = request.route,
            status = request.status
        );
    })
}

pub fn four_updates() -> Contender {
    subscribe();
    Contender::peer(METRICS, |request| {
        tracing::info!(
            monotonic_counter.four_count = 1_u64,
            monotonic_counter.four_bytes = request.bytes,
            histogram.four_millis = request.millis,
            histogram.summary = request.millis,
            route = request.route,
            status = request.status
        );
    })
}

#[instrument(skip_all, fields(route = request.route, status = request.status))]
fn instrumented(request: &Request) -> u64 {
    work(request)
}

#[instrument(skip_all, fields(route = request.route, status = request.status))]
async fn instrumented_later(request: &Request) -> u64 {
    work_later(request).await
}

fn measure(request: &Request, begin: Instant) {
    tracing::info!(
        histogram.span_seconds = begin.elapsed().as_secs_f64(),
        monotonic_counter.span_count = 1_u64,
        route = request.route,
        status = request.status
    );
}

pub fn bare_span() -> Contender {
    subscribe();
    Contender::less("#[tracing::instrument], no metrics", |request| {
        black_box(instrumented(request));
    })
}

pub fn span() -> Contender {
    subscribe();
    Contender::peer(METRICS, |request| {
        let begin = Instant::now();
        black_box(instrumented(request));
        measure(request, begin);
    })
}

pub fn bare_async_span() -> Contender {
    subscribe();
    Contender::less("#[tracing::instrument], no metrics", |request| {
        black_box(poll_to_end(instrumented_later(request)));
    })
}

pub fn async_span() -> Contender {
    subscribe();
    Contender::peer(METRICS, |request| {
        let timed = async {
            let begin = Instant::now();
            let value = instrumented_later(request).await;
            measure(request, begin);
            value
        };
        black_box(poll_to_end(timed));
    })
}

levels! { "tracing::instrument", #[instrument(skip_all)] }
