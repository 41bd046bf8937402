//! `prometheus`: vectors of metrics, whose children are looked up by the tags' texts.
//!
//! It has no summary: a second histogram stands for it.

use std::hint::black_box;
use std::time::Instant;

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};

use crate::contender::Contender;
use crate::store::{Exposed, Store, TAGS};
use crate::traffic::{BUCKETS, Route, Status};
use crate::work::{poll_to_end, work, work_later};

const NAME: &str = "prometheus";

fn counters() -> IntCounterVec {
    IntCounterVec::new(Opts::new("requests", "Requests."), &["route", "status"])
        .expect("a valid name")
}

fn histograms() -> HistogramVec {
    let options = HistogramOpts::new("millis", "Milliseconds.").buckets(BUCKETS.to_vec());
    HistogramVec::new(options, &["route", "status"]).expect("a valid name")
}

pub fn counter() -> Contender {
    let counter = IntCounter::new("requests", "Requests.").expect("a valid name");
    Contender::peer(NAME, move |_| counter.inc())
}

pub fn tagged_counter() -> Contender {
    let counters = counters();
    Contender::peer(NAME, move |request| {
        counters.with_label_values(&[request.route, request.status_text]).inc();
    })
}

/// Handles in an array, as `prometheus-static-metric` makes them.
pub fn known_counter() -> Contender {
    let counters = counters();
    let handles: Vec<Vec<IntCounter>> = Route::TEXTS
        .iter()
        .map(|route| {
            let of = |status: &&str| counters.with_label_values(&[*route, *status]);
            Status::TEXTS.iter().map(of).collect()
        })
        .collect();
    Contender::peer("prometheus, array of handles", move |request| {
        handles[request.known_route as usize][request.known_status as usize].inc();
    })
}

pub fn tagged_distribution() -> Contender {
    let histograms = histograms();
    Contender::peer(NAME, move |request| {
        histograms.with_label_values(&[request.route, request.status_text]).observe(request.millis);
    })
}

pub fn four_updates() -> Contender {
    let (count, bytes, millis, summary) = (counters(), counters(), histograms(), histograms());
    Contender::peer(NAME, move |request| {
        let tags = [request.route, request.status_text];
        count.with_label_values(&tags).inc();
        bytes.with_label_values(&tags).inc_by(request.bytes);
        millis.with_label_values(&tags).observe(request.millis);
        summary.with_label_values(&tags).observe(request.millis);
    })
}

pub fn span() -> Contender {
    let (count, seconds) = (counters(), histograms());
    Contender::peer(NAME, move |request| {
        let begin = Instant::now();
        black_box(work(request));
        let tags = [request.route, request.status_text];
        seconds.with_label_values(&tags).observe(begin.elapsed().as_secs_f64());
        count.with_label_values(&tags).inc();
    })
}

pub fn async_span() -> Contender {
    let (count, seconds) = (counters(), histograms());
    Contender::peer(NAME, move |request| {
        let timed = async {
            let begin = Instant::now();
            let value = work_later(request).await;
            let tags = [request.route, request.status_text];
            seconds.with_label_values(&tags).observe(begin.elapsed().as_secs_f64());
            count.with_label_values(&tags).inc();
            value
        };
        black_box(poll_to_end(timed));
    })
}

struct Counters {
    registry: Registry,
    counters: IntCounterVec,
}

struct Histograms(HistogramVec);

pub fn counter_series(_: usize) -> Box<dyn Exposed> {
    let registry = Registry::new();
    let counters =
        IntCounterVec::new(Opts::new("series_total", "Series."), &TAGS).expect("a valid name");
    registry.register(Box::new(counters.clone())).expect("the only one");
    Box::new(Counters { registry, counters })
}

pub fn distribution_series(_: usize) -> Box<dyn Store> {
    let options = HistogramOpts::new("series", "Series.").buckets(BUCKETS.to_vec());
    Box::new(Histograms(HistogramVec::new(options, &TAGS).expect("a valid name")))
}

impl Store for Counters {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.counters.with_label_values(&[route, customer]).inc();
    }
}

impl Store for Histograms {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.0.with_label_values(&[route, customer]).observe(7.0);
    }
}

impl Exposed for Counters {
    fn render(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let families = self.registry.gather();
        TextEncoder::new().encode(&families, &mut text).expect("a Vec takes all");
        text
    }
}
