//! How many bytes a series takes: what the thread that records has allocated and not freed.

use std::thread;

use crate::allocation::live_bytes;
use crate::ours;
use crate::peers::{
    fast_telemetry, measured, metrics, opentelemetry, prometheus, prometheus_client,
};
use crate::store::{Exposed, Open, Store, Tags};

/// Whoever doubles a table has done so once between these two: the mean is the same wherever the
/// border is.
const FEWEST: usize = 20_000;
const MOST: usize = 2 * FEWEST;
const STEP: usize = 2_500;

/// What a series of one metric takes at everybody.
pub struct Bytes {
    pub name: &'static str,
    /// Whose texts they are, for who reads the page.
    pub about: &'static str,
    pub stores: Vec<Held>,
}

/// What a series takes at one of them.
pub struct Held {
    pub name: &'static str,
    pub is_ours: bool,
    /// Or how many series were kept out.
    pub bytes: Result<f64, usize>,
}

pub const COUNTERS: &str = "bytes per tagged counter series";
pub const DISTRIBUTIONS: &str = "bytes per tagged distribution series, 10 buckets";
const OWN_TEXTS: &str = "bytes per tagged counter series with a text of its own";

/// A name, and what measures it.
type Measure = (&'static str, fn() -> Bytes);

pub const MEASURES: [Measure; 3] =
    [(COUNTERS, counters), (OWN_TEXTS, own_texts), (DISTRIBUTIONS, distributions)];

const SHARED: &str = "A route out of 20, and a customer whom 20 series share.";
const OWN: &str = "A route out of 20, and a customer whom no other series has.";

const COUNTER_STORES: &[Open<dyn Exposed>] = &[
    ours::counter_series,
    prometheus::counter_series,
    prometheus_client::counter_series,
    measured::counter_series,
    fast_telemetry::counter_series,
    metrics::counter_series,
];

const DISTRIBUTION_STORES: &[Open<dyn Store>] = &[
    ours::distribution_series,
    prometheus::distribution_series,
    prometheus_client::distribution_series,
    measured::distribution_series,
    fast_telemetry::distribution_series,
    metrics::distribution_series,
    opentelemetry::distribution_series,
];

/// Fills every store in turn.
fn counters() -> Bytes {
    Bytes { name: COUNTERS, about: SHARED, stores: counter_stores(&Tags::shared(MOST)) }
}

/// The same with more texts.
fn own_texts() -> Bytes {
    Bytes { name: OWN_TEXTS, about: OWN, stores: counter_stores(&Tags::own(MOST)) }
}

/// Fills every store in turn.
fn distributions() -> Bytes {
    let tags = Tags::shared(MOST);
    let stores = DISTRIBUTION_STORES.iter().map(|open| held(&tags, |most| open(most))).collect();
    Bytes { name: DISTRIBUTIONS, about: SHARED, stores }
}

fn counter_stores(tags: &Tags) -> Vec<Held> {
    let exposed = COUNTER_STORES.iter().map(|open| held(tags, |most| open(most)));
    exposed.chain([held(tags, |most| opentelemetry::counter_series(most))]).collect()
}

/// In a thread of its own, which holds nothing of the stores before.
fn held(tags: &Tags, open: impl FnOnce(usize) -> Box<dyn Store> + Send) -> Held {
    thread::scope(|scope| {
        scope.spawn(|| fill(tags, open)).join().expect("recording does not panic")
    })
}

fn fill(tags: &Tags, open: impl FnOnce(usize) -> Box<dyn Store>) -> Held {
    let before = live_bytes();
    let store = open(MOST);
    let mut sizes = Vec::new();
    for index in 0..MOST {
        let (route, customer) = tags.of(index);
        store.record(route, customer);
        let series = index + 1;
        if series >= FEWEST && series.is_multiple_of(STEP) {
            store.settle();
            sizes.push((live_bytes() - before) as f64 / series as f64);
        }
    }
    let lost = store.series().map_or(0, |series| MOST.saturating_sub(series));
    let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
    Held {
        name: store.name(),
        is_ours: store.is_ours(),
        bytes: if lost == 0 { Ok(mean) } else { Err(lost) },
    }
}
