//! How fast many series become text, and what that does to who records meanwhile.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::processor_time_of_all;
use crate::ours;
use crate::peers::{fast_telemetry, measured, metrics, prometheus, prometheus_client};
use crate::plan::Plan;
use crate::samples::Samples;
use crate::store::{Exposed, Open, Tags};
use crate::writer::{Latencies, write_during};

/// A store that has been rendered for so long sits the other rounds out, if it had [`FEWEST`].
const LONG: Duration = Duration::from_secs(10);
const FEWEST: usize = 3;
/// How long a writer's calls are looked at while nobody renders.
const IDLE: Duration = Duration::from_millis(250);
/// A writer is looked at for so long while somebody renders, and for one render at least.
const WATCHED: Duration = Duration::from_millis(750);

const STORES: &[Open<dyn Exposed>] = &[
    ours::counter_series,
    prometheus::counter_series,
    prometheus_client::counter_series,
    measured::counter_series,
    fast_telemetry::counter_series,
    metrics::counter_series,
];

/// The rendering of so many counters with two tags at everybody.
pub struct Rendering {
    pub series: usize,
    pub stores: Vec<Rendered>,
}

/// What one store did.
pub struct Rendered {
    pub name: &'static str,
    pub is_ours: bool,
    /// Or how many series are in the text.
    pub outcome: Result<Times, usize>,
}

/// Times of one store.
pub struct Times {
    /// Series a second of processor time.
    pub rates: Samples,
    /// Series a second of what comes before the text, where it can be had alone.
    pub snapshot_rates: Option<Samples>,
    /// Series a second over TCP, and the seconds until all was there, where it serves that by itself.
    pub scrapes: Option<Scrapes>,
    pub text_bytes: usize,
    pub idle: Latencies,
    pub meanwhile: Latencies,
}

/// What a plain reader over TCP saw.
pub struct Scrapes {
    pub rates: Samples,
    pub seconds: Samples,
}

/// Fills every store with as many series, then renders all in turn, round by round.
pub fn render(series: usize, plan: &Plan) -> Rendering {
    let tags = Tags::shared(series);
    let stores: Vec<Box<dyn Exposed>> = STORES
        .iter()
        .map(|open| {
            let store = open(series);
            for index in 0..series {
                let (route, customer) = tags.of(index);
                store.record(route, customer);
            }
            store
        })
        .collect();
    // the first time, which also shows whether all are there
    let found: Vec<(usize, usize)> = stores
        .iter()
        .map(|store| {
            let text = store.render();
            (series_in(&text), text.len())
        })
        .collect();

    let mut rates = vec![Vec::new(); stores.len()];
    let mut snapshot_rates = vec![Vec::new(); stores.len()];
    let mut scrape_rates = vec![Vec::new(); stores.len()];
    let mut scrape_seconds = vec![Vec::new(); stores.len()];
    let mut taken = vec![Duration::ZERO; stores.len()];
    for round in 0..plan.renders {
        for place in 0..stores.len() {
            let place = (place + round) % stores.len();
            if round >= FEWEST && taken[place] > LONG {
                continue;
            }
            let begin = processor_time_of_all();
            stores[place].pieces(&mut |piece| {
                black_box(piece);
            });
            let took = processor_time_of_all() - begin;
            taken[place] += took;
            rates[place].push(series as f64 / took.as_secs_f64());
            let (begin, start) = (processor_time_of_all(), Instant::now());
            if let Some(text) = stores[place].scrape() {
                let took = processor_time_of_all() - begin;
                drop(text);
                scrape_seconds[place].push(start.elapsed().as_secs_f64());
                scrape_rates[place].push(series as f64 / took.as_secs_f64());
            }
            let begin = processor_time_of_all();
            if stores[place].snapshot() {
                let took = processor_time_of_all() - begin;
                snapshot_rates[place].push(series as f64 / took.as_secs_f64());
            }
        }
    }
    let scrapes = scrape_rates.into_iter().zip(scrape_seconds);
    let times = rates.into_iter().zip(snapshot_rates).zip(scrapes);
    let stores = stores
        .iter()
        .zip(found)
        .zip(times)
        .map(
            |((store, (found, text_bytes)), ((rates, snapshot_rates), (scrape_rates, seconds)))| {
                let times = || {
                    let (idle, meanwhile) = watch(store.as_ref(), &tags);
                    Times {
                        rates: Samples::new(rates),
                        snapshot_rates: (!snapshot_rates.is_empty())
                            .then(|| Samples::new(snapshot_rates)),
                        scrapes: (!seconds.is_empty()).then(|| Scrapes {
                            rates: Samples::new(scrape_rates),
                            seconds: Samples::new(seconds),
                        }),
                        text_bytes,
                        idle,
                        meanwhile,
                    }
                };
                Rendered {
                    name: store.name(),
                    is_ours: store.is_ours(),
                    outcome: if found < series { Err(found) } else { Ok(times()) },
                }
            },
        )
        .collect();
    Rendering { series, stores }
}

/// A writer's calls while nobody renders, and while somebody does.
fn watch(store: &dyn Exposed, tags: &Tags) -> (Latencies, Latencies) {
    let idle = write_during(store, tags, || thread::sleep(IDLE));
    let meanwhile = write_during(store, tags, || {
        let begin = Instant::now();
        while begin.elapsed() < WATCHED {
            store.pieces(&mut |piece| {
                black_box(piece);
            });
        }
    });
    (idle, meanwhile)
}

/// Lines about a customer, which only the filled metric has.
fn series_in(text: &[u8]) -> usize {
    let text = String::from_utf8_lossy(text);
    text.lines().filter(|line| line.contains("customer=\"")).count()
}
