//! `prometheus-client`: families of metrics by a struct of labels.
//!
//! It has no summary: a second histogram stands for it.

use std::hint::black_box;
use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::contender::Contender;
use crate::store::{Exposed, Store};
use crate::traffic::{BUCKETS, Request, Route, Status};
use crate::work::{poll_to_end, work, work_later};

const NAME: &str = "prometheus-client";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tags {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Known {
    route: Route,
    status: Status,
}

/// Texts that do not live for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Owned {
    route: String,
    customer: String,
}

type Counters<T> = Family<T, Counter>;
type Histograms<T> = Family<T, Histogram, fn() -> Histogram>;

fn histograms<T: Clone + Eq + std::hash::Hash>() -> Histograms<T> {
    Family::new_with_constructor(|| Histogram::new(BUCKETS))
}

fn tags(request: &Request) -> Tags {
    Tags { route: request.route, status: request.status }
}

pub fn counter() -> Contender {
    let counter: Counter = Counter::default();
    Contender::peer(NAME, move |_| {
        counter.inc();
    })
}

pub fn tagged_counter() -> Contender {
    let counters = Counters::default();
    Contender::peer(NAME, move |request| {
        counters.get_or_create(&tags(request)).inc();
    })
}

pub fn known_counter() -> Contender {
    let counters = Counters::default();
    Contender::peer(NAME, move |request| {
        let tags = Known { route: request.known_route, status: request.known_status };
        counters.get_or_create(&tags).inc();
    })
}

pub fn tagged_distribution() -> Contender {
    let histograms = histograms();
    Contender::peer(NAME, move |request| {
        histograms.get_or_create(&tags(request)).observe(request.millis);
    })
}

pub fn four_updates() -> Contender {
    let (count, bytes) = (Counters::default(), Counters::default());
    let (millis, summary) = (histograms(), histograms());
    Contender::peer(NAME, move |request| {
        let tags = tags(request);
        count.get_or_create(&tags).inc();
        bytes.get_or_create(&tags).inc_by(request.bytes);
        millis.get_or_create(&tags).observe(request.millis);
        summary.get_or_create(&tags).observe(request.millis);
    })
}

pub fn span() -> Contender {
    let (count, seconds) = (Counters::default(), histograms());
    Contender::peer(NAME, move |request| {
        let begin = Instant::now();
        black_box(work(request));
        let tags = tags(request);
        seconds.get_or_create(&tags).observe(begin.elapsed().as_secs_f64());
        count.get_or_create(&tags).inc();
    })
}

pub fn async_span() -> Contender {
    let (count, seconds) = (Counters::default(), histograms());
    Contender::peer(NAME, move |request| {
        let timed = async {
            let begin = Instant::now();
            let value = work_later(request).await;
            let tags = tags(request);
            seconds.get_or_create(&tags).observe(begin.elapsed().as_secs_f64());
            count.get_or_create(&tags).inc();
            value
        };
        black_box(poll_to_end(timed));
    })
}

struct CounterSeries {
    registry: Registry,
    counters: Counters<Owned>,
}

struct DistributionSeries(Histograms<Owned>);

pub fn counter_series(_: usize) -> Box<dyn Exposed> {
    let counters = Counters::default();
    let mut registry = Registry::default();
    registry.register("series", "Series.", counters.clone());
    Box::new(CounterSeries { registry, counters })
}

pub fn distribution_series(_: usize) -> Box<dyn Store> {
    Box::new(DistributionSeries(histograms()))
}

fn owned(route: &str, customer: &str) -> Owned {
    Owned { route: route.to_owned(), customer: customer.to_owned() }
}

impl Store for CounterSeries {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.counters.get_or_create(&owned(route, customer)).inc();
    }
}

impl Store for DistributionSeries {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.0.get_or_create(&owned(route, customer)).observe(7.0);
    }
}

impl Exposed for CounterSeries {
    fn render(&self) -> Vec<u8> {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes all");
        text.into_bytes()
    }
}
