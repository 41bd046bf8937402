//! `metrics` with `metrics-exporter-prometheus` as its recorder.
//!
//! A histogram without buckets is a summary there. Samples queue until the exporter's upkeep, which a
//! program runs every few seconds: it is no part of the times, and part of the bytes.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use metrics::{Counter, Key, Label, Level, Metadata, Recorder, counter, histogram};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::contender::Contender;
use crate::store::{Exposed, Store, TAGS};
use crate::traffic::{BUCKETS, Route, Status};
use crate::work::{poll_to_end, work, work_later};

const NAME: &str = "metrics";

/// Makes the exporter the program's recorder; without it nothing listens.
fn install() {
    static RECORDER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
        let recorder = builder().build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).expect("no other recorder");
        handle
    });
    // what the rows before this one have queued
    RECORDER.run_upkeep();
}

fn builder() -> PrometheusBuilder {
    let buckets = |builder: PrometheusBuilder, name: &str| {
        let matcher = Matcher::Full(name.to_owned());
        builder.set_buckets_for_metric(matcher, &BUCKETS).expect("buckets")
    };
    ["millis", "four_millis", "span_seconds", "series"]
        .into_iter()
        .fold(PrometheusBuilder::new(), buckets)
}

pub fn disabled() -> Contender {
    Contender::peer("metrics, no recorder", |request| {
        counter!("disabled", "route" => request.route, "status" => request.status_text)
            .increment(1);
    })
}

pub fn counter() -> Contender {
    install();
    Contender::peer(NAME, |_| counter!("requests").increment(1))
}

pub fn counter_handle() -> Contender {
    install();
    let counter = counter!("requests");
    Contender::peer("metrics, handle", move |_| counter.increment(1))
}

pub fn tagged_counter() -> Contender {
    install();
    Contender::peer(NAME, |request| {
        counter!("tagged", "route" => request.route, "status" => request.status_text).increment(1);
    })
}

pub fn known_counter() -> Contender {
    install();
    let handles: Vec<Vec<Counter>> = Route::TEXTS
        .iter()
        .map(|route| {
            let of =
                |status: &&'static str| counter!("known", "route" => *route, "status" => *status);
            Status::TEXTS.iter().map(of).collect()
        })
        .collect();
    Contender::peer("metrics, array of handles", move |request| {
        handles[request.known_route as usize][request.known_status as usize].increment(1);
    })
}

pub fn tagged_distribution() -> Contender {
    install();
    Contender::peer(NAME, |request| {
        histogram!("millis", "route" => request.route, "status" => request.status_text)
            .record(request.millis);
    })
}

pub fn four_updates() -> Contender {
    install();
    Contender::peer(NAME, |request| {
        let (route, status) = (request.route, request.status_text);
        counter!("four_count", "route" => route, "status" => status).increment(1);
        counter!("four_bytes", "route" => route, "status" => status).increment(request.bytes);
        histogram!("four_millis", "route" => route, "status" => status).record(request.millis);
        histogram!("four_summary", "route" => route, "status" => status).record(request.millis);
    })
}

pub fn span() -> Contender {
    install();
    Contender::peer(NAME, |request| {
        let begin = Instant::now();
        black_box(work(request));
        let (route, status) = (request.route, request.status_text);
        histogram!("span_seconds", "route" => route, "status" => status).record(begin.elapsed());
        counter!("span_count", "route" => route, "status" => status).increment(1);
    })
}

pub fn async_span() -> Contender {
    install();
    Contender::peer(NAME, |request| {
        let timed = async {
            let begin = Instant::now();
            let value = work_later(request).await;
            let (route, status) = (request.route, request.status_text);
            histogram!("span_seconds", "route" => route, "status" => status)
                .record(begin.elapsed());
            counter!("span_count", "route" => route, "status" => status).increment(1);
            value
        };
        black_box(poll_to_end(timed));
    })
}

/// A recorder of its own.
struct Series {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    distribution: bool,
}

fn series(distribution: bool) -> Box<Series> {
    let recorder = builder().build_recorder();
    Box::new(Series { handle: recorder.handle(), recorder, distribution })
}

pub fn counter_series(_: usize) -> Box<dyn Exposed> {
    series(false)
}

pub fn distribution_series(_: usize) -> Box<dyn Store> {
    series(true)
}

impl Store for Series {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        static METADATA: Metadata<'static> = Metadata::new("peers", Level::INFO, None);
        let [route_tag, customer_tag] = TAGS;
        let labels = vec![
            Label::new(route_tag, route.to_owned()),
            Label::new(customer_tag, customer.to_owned()),
        ];
        if self.distribution {
            let key = Key::from_parts("series", labels);
            self.recorder.register_histogram(&key, &METADATA).record(7.0);
        } else {
            let key = Key::from_parts("series_total", labels);
            self.recorder.register_counter(&key, &METADATA).increment(1);
        }
    }

    fn settle(&self) {
        self.handle.run_upkeep();
    }
}

impl Exposed for Series {
    fn render(&self) -> Vec<u8> {
        self.handle.render().into_bytes()
    }
}
