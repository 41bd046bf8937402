//! `fast-telemetry`: counters sharded by thread, and labelled ones with a small cache by thread.

use fast_telemetry::{
    Counter, DynamicCounter, DynamicDistribution, DynamicHistogram, LabelEnum, LabeledCounter,
    PrometheusExport,
};

use crate::contender::Contender;
use crate::store::{Exposed, Store, TAGS};
use crate::traffic::{BUCKETS, Request, Route, Status};

const NAME: &str = "fast-telemetry";
/// One for each processor.
fn shards() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn bounds() -> [u64; BUCKETS.len()] {
    BUCKETS.map(|bound| bound as u64)
}

fn tags(request: &Request) -> [(&str, &str); 2] {
    [("route", request.route), ("status", request.status_text)]
}

/// One label of both, as there is none of two.
#[derive(Debug, Clone, Copy)]
struct Known(Route, Status);

impl LabelEnum for Known {
    const CARDINALITY: usize = Route::ALL.len() * Status::ALL.len();
    const LABEL_NAME: &'static str = "route_and_status";

    fn as_index(self) -> usize {
        self.0 as usize * Status::ALL.len() + self.1 as usize
    }

    fn from_index(index: usize) -> Self {
        Self(Route::ALL[index / Status::ALL.len()], Status::ALL[index % Status::ALL.len()])
    }

    fn variant_name(self) -> &'static str {
        Route::TEXTS[self.0 as usize]
    }
}

pub fn counter() -> Contender {
    let counter = Counter::new(shards());
    Contender::peer(NAME, move |_| counter.inc())
}

pub fn tagged_counter() -> Contender {
    let counters = DynamicCounter::new(shards());
    Contender::peer(NAME, move |request| counters.inc(&tags(request)))
}

pub fn known_counter() -> Contender {
    let counters = LabeledCounter::<Known>::new(shards());
    Contender::peer(NAME, move |request| {
        counters.inc(Known(request.known_route, request.known_status));
    })
}

pub fn tagged_distribution() -> Contender {
    let histograms = DynamicHistogram::new(&bounds(), shards());
    Contender::peer(NAME, move |request| {
        histograms.record(&tags(request), request.millis as u64);
    })
}

pub fn four_updates() -> Contender {
    let (count, bytes) = (DynamicCounter::new(shards()), DynamicCounter::new(shards()));
    let millis = DynamicHistogram::new(&bounds(), shards());
    let summary = DynamicDistribution::new(shards());
    Contender::peer(NAME, move |request| {
        let tags = tags(request);
        count.inc(&tags);
        bytes.add(&tags, request.bytes as isize);
        millis.record(&tags, request.millis as u64);
        summary.record(&tags, request.millis as u64);
    })
}

struct CounterSeries(DynamicCounter);
struct DistributionSeries(DynamicHistogram);

pub fn counter_series(series: usize) -> Box<dyn Exposed> {
    Box::new(CounterSeries(DynamicCounter::with_max_series(shards(), series + 1)))
}

pub fn distribution_series(series: usize) -> Box<dyn Store> {
    Box::new(DistributionSeries(DynamicHistogram::with_limits(&bounds(), shards(), series + 1)))
}

fn pairs<'a>(route: &'a str, customer: &'a str) -> [(&'a str, &'a str); 2] {
    let [route_tag, customer_tag] = TAGS;
    [(route_tag, route), (customer_tag, customer)]
}

impl Store for CounterSeries {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.0.inc(&pairs(route, customer));
    }
}

impl Store for DistributionSeries {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.0.record(&pairs(route, customer), 7);
    }
}

impl Exposed for CounterSeries {
    fn render(&self) -> Vec<u8> {
        let mut text = String::new();
        self.0.export_prometheus(&mut text, "series_total", "Series.");
        text.into_bytes()
    }
}
