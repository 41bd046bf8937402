//! `opentelemetry` with its SDK: instruments whose attributes are given at each call, and instruments
//! that are bound to attributes before.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, Counter, Histogram, Meter, MeterProvider};
use opentelemetry_sdk::metrics::{Aggregation, Instrument, ManualReader, SdkMeterProvider, Stream};

use crate::contender::Contender;
use crate::store::{Store, TAGS};
use crate::traffic::{BUCKETS, Request, Route, Status};
use crate::work::{poll_to_end, work, work_later};

const NAME: &str = "opentelemetry";

/// A provider that is read when somebody asks, which nobody does here.
pub fn provider() -> &'static SdkMeterProvider {
    static PROVIDER: LazyLock<SdkMeterProvider> = LazyLock::new(|| {
        let summaries = |instrument: &Instrument| {
            let exponential = Aggregation::Base2ExponentialHistogram {
                max_size: 160,
                max_scale: 20,
                record_min_max: true,
            };
            (instrument.name() == "summary")
                .then(|| Stream::builder().with_aggregation(exponential).build().ok())?
        };
        SdkMeterProvider::builder()
            .with_reader(ManualReader::builder().build())
            .with_view(summaries)
            .build()
    });
    &PROVIDER
}

fn meter() -> Meter {
    provider().meter("peers")
}

fn counter_of(name: &'static str) -> Counter<u64> {
    meter().u64_counter(name).build()
}

fn histogram_of(name: &'static str) -> Histogram<f64> {
    meter().f64_histogram(name).with_boundaries(BUCKETS.to_vec()).build()
}

fn tags(request: &Request) -> [KeyValue; 2] {
    [KeyValue::new("route", request.route), KeyValue::new("status", i64::from(request.status))]
}

pub fn counter() -> Contender {
    let counter = counter_of("requests");
    Contender::peer(NAME, move |_| counter.add(1, &[]))
}

pub fn bound_counter() -> Contender {
    let counter = counter_of("bound").bind(&[]);
    Contender::peer("opentelemetry, bound", move |_| counter.add(1))
}

pub fn tagged_counter() -> Contender {
    let counter = counter_of("tagged");
    Contender::peer(NAME, move |request| counter.add(1, &tags(request)))
}

pub fn known_counter() -> Contender {
    let counter = counter_of("known");
    let handles: Vec<Vec<BoundCounter<u64>>> = Route::TEXTS
        .iter()
        .map(|route| {
            let bind = |status: &u16| {
                let status = i64::from(*status);
                counter.bind(&[KeyValue::new("route", *route), KeyValue::new("status", status)])
            };
            Status::NUMBERS.iter().map(bind).collect()
        })
        .collect();
    Contender::peer("opentelemetry, array of bound", move |request| {
        handles[request.known_route as usize][request.known_status as usize].add(1);
    })
}

pub fn tagged_distribution() -> Contender {
    let histogram = histogram_of("millis");
    Contender::peer(NAME, move |request| histogram.record(request.millis, &tags(request)))
}

pub fn four_updates() -> Contender {
    let (count, bytes) = (counter_of("four_count"), counter_of("four_bytes"));
    let (millis, summary) = (histogram_of("four_millis"), histogram_of("summary"));
    Contender::peer(NAME, move |request| {
        let tags = tags(request);
        count.add(1, &tags);
        bytes.add(request.bytes, &tags);
        millis.record(request.millis, &tags);
        summary.record(request.millis, &tags);
    })
}

pub fn span() -> Contender {
    let (count, seconds) = (counter_of("span_count"), histogram_of("span_seconds"));
    Contender::peer(NAME, move |request| {
        let begin = Instant::now();
        black_box(work(request));
        let tags = tags(request);
        seconds.record(begin.elapsed().as_secs_f64(), &tags);
        count.add(1, &tags);
    })
}

pub fn async_span() -> Contender {
    let (count, seconds) = (counter_of("span_count"), histogram_of("span_seconds"));
    Contender::peer(NAME, move |request| {
        let timed = async {
            let begin = Instant::now();
            let value = work_later(request).await;
            let tags = tags(request);
            seconds.record(begin.elapsed().as_secs_f64(), &tags);
            count.add(1, &tags);
            value
        };
        black_box(poll_to_end(timed));
    })
}

/// A store with a provider of its own, which has room for all series.
struct Series {
    instrument: Instruments,
    /// Ends with the store.
    _provider: SdkMeterProvider,
}

enum Instruments {
    Counter(Counter<u64>),
    Distribution(Histogram<f64>),
}

fn provider_of(series: usize) -> SdkMeterProvider {
    let stream =
        move |_: &Instrument| Stream::builder().with_cardinality_limit(series).build().ok();
    SdkMeterProvider::builder()
        .with_reader(ManualReader::builder().build())
        .with_view(stream)
        .build()
}

pub fn counter_series(series: usize) -> Box<dyn Store> {
    let provider = provider_of(series);
    let counter = provider.meter("peers").u64_counter("series").build();
    Box::new(Series { instrument: Instruments::Counter(counter), _provider: provider })
}

pub fn distribution_series(series: usize) -> Box<dyn Store> {
    let provider = provider_of(series);
    let meter = provider.meter("peers");
    let histogram = meter.f64_histogram("series").with_boundaries(BUCKETS.to_vec()).build();
    Box::new(Series { instrument: Instruments::Distribution(histogram), _provider: provider })
}

impl Store for Series {
    fn name(&self) -> &'static str {
        NAME
    }

    fn record(&self, route: &str, customer: &str) {
        let [route_tag, customer_tag] = TAGS;
        let tags = [
            KeyValue::new(route_tag, route.to_owned()),
            KeyValue::new(customer_tag, customer.to_owned()),
        ];
        match &self.instrument {
            Instruments::Counter(counter) => counter.add(1, &tags),
            Instruments::Distribution(histogram) => histogram.record(7.0, &tags),
        }
    }
}
