//! `measured`: texts are interned in sets, whose numbers tell the series apart.
//!
//! It has no summary: a second histogram stands for it.

use std::hint::black_box;
use std::time::Instant;

use measured::label::StaticLabelSet;
use measured::metric::MetricFamilyEncoding;
use measured::metric::histogram::Thresholds;
use measured::metric::name::MetricName;
use measured::text::BufferedTextEncoder;
use measured::{Counter, CounterVec, HistogramVec, LabelGroup};

use crate::contender::Contender;
use crate::store::{Exposed, Store};
use crate::traffic::{BUCKETS, Request, Route, Status};
use crate::work::{poll_to_end, work, work_later};

const NAME: &str = "measured";
const BOUNDS: usize = BUCKETS.len();

/// A route that is not known at the start; statuses are an enum, as numbers are no labels here.
#[derive(Clone, Copy, LabelGroup)]
#[label(set = TagSet)]
struct Tags<'a> {
    #[label(dynamic_with = paracord::ParaCord, default)]
    route: &'a str,
    status: Status,
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = KnownSet)]
struct Known {
    route: Route,
    status: Status,
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = SeriesSet)]
struct Series<'a> {
    #[label(dynamic_with = paracord::ParaCord, default)]
    route: &'a str,
    #[label(dynamic_with = paracord::ParaCord, default)]
    customer: &'a str,
}

fn counters() -> CounterVec<TagSet> {
    let set = TagSet { route: paracord::ParaCord::default(), status: StaticLabelSet::new() };
    CounterVec::with_label_set(set)
}

fn histograms() -> HistogramVec<TagSet, BOUNDS> {
    let set = TagSet { route: paracord::ParaCord::default(), status: StaticLabelSet::new() };
    HistogramVec::with_label_set_and_metadata(set, Thresholds::with_buckets(BUCKETS))
}

fn tags(request: &Request) -> Tags<'_> {
    Tags { route: request.route, status: request.known_status }
}

pub fn counter() -> Contender {
    let counter = Counter::new();
    Contender::peer(NAME, move |_| counter.inc())
}

pub fn tagged_counter() -> Contender {
    let counters = counters();
    Contender::peer(NAME, move |request| counters.inc(tags(request)))
}

pub fn known_counter() -> Contender {
    let counters = CounterVec::<KnownSet>::new();
    Contender::peer(NAME, move |request| {
        counters.inc(Known { route: request.known_route, status: request.known_status });
    })
}

pub fn tagged_distribution() -> Contender {
    let histograms = histograms();
    Contender::peer(NAME, move |request| histograms.observe(tags(request), request.millis))
}

pub fn four_updates() -> Contender {
    let (count, bytes, millis, summary) = (counters(), counters(), histograms(), histograms());
    Contender::peer(NAME, move |request| {
        let tags = tags(request);
        count.inc(tags);
        bytes.inc_by(tags, request.bytes);
        millis.observe(tags, request.millis);
        summary.observe(tags, request.millis);
    })
}

pub fn span() -> Contender {
    let (count, seconds) = (counters(), histograms());
    Contender::peer(NAME, move |request| {
        let begin = Instant::now();
        black_box(work(request));
        seconds.observe(tags(request), begin.elapsed().as_secs_f64());
        count.inc(tags(request));
    })
}

pub fn async_span() -> Contender {
    let (count, seconds) = (counters(), histograms());
    Contender::peer(NAME, move |request| {
        let timed = async {
            let begin = Instant::now();
            let value = work_later(request).await;
            seconds.observe(tags(request), begin.elapsed().as_secs_f64());
            count.inc(tags(request));
            value
        };
        black_box(poll_to_end(timed));
    })
}

struct CounterSeries(CounterVec<SeriesSet>);
struct DistributionSeries(HistogramVec<SeriesSet, BOUNDS>);

pub fn counter_series(_: usize) -> Box<dyn Exposed> {
    Box::new(CounterSeries(CounterVec::new()))
}

pub fn distribution_series(_: usize) -> Box<dyn Store> {
    Box::new(DistributionSeries(HistogramVec::with_metadata(Thresholds::with_buckets(BUCKETS))))
}

impl Store for CounterSeries {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.0.inc(Series { route, customer });
    }
}

impl Store for DistributionSeries {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        self.0.observe(Series { route, customer }, 7.0);
    }
}

impl Exposed for CounterSeries {
    fn render(&self) -> Vec<u8> {
        let mut encoder = BufferedTextEncoder::new();
        let Ok(()) = self.0.collect_family_into(MetricName::from_str("series_total"), &mut encoder);
        encoder.finish().into()
    }
}
