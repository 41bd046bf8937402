//! Programs: what threads execute, round by round, and what is done to the store meanwhile and between.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use proptest::prelude::*;

use crate::vocabulary::{Gateway, p};

/// So many at a time.
pub(crate) const THREADS: usize = 3;
pub(crate) const ITEMS: u32 = 6;

/// Texts of all lengths that the store tells apart.
pub(crate) const REGIONS: [&str; 5] =
    ["", "eu", "an-eighth", "a region that is much longer than what fits into a word", "\"é\n\\"];
/// The region that is pruned while it is executed.
pub(crate) const DOOMED: &str = "doomed";

/// One execution.
#[derive(Debug, Clone)]
pub(crate) enum Execution {
    Ordered(Order),
    Refunded { cents: u64, region: &'static str, retried: bool },
    Set { level: i64 },
}

#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) cents: u64,
    pub(crate) change: i64,
    pub(crate) weight: f64,
    pub(crate) maybe: Option<f64>,
    pub(crate) region: &'static str,
    pub(crate) item: u32,
    pub(crate) retried: bool,
    pub(crate) gateway: Gateway,
}

/// Series of a metric, and of those that share them, which are forgotten.
#[derive(Debug, Clone)]
pub(crate) struct Prune {
    pub(crate) metric: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) value: String,
}

/// What happens at a time; the next round begins when it has ended.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// By thread.
    pub(crate) executions: [Vec<Execution>; THREADS],
    /// Snapshots that are taken meanwhile.
    pub(crate) snapshots: usize,
    /// Whether the doomed region is pruned at each of them.
    pub(crate) dooms: bool,
    /// Threads that end with it. Others take their places.
    pub(crate) ends: [bool; THREADS],
    /// Afterwards, when nobody executes.
    pub(crate) prunes: Vec<Prune>,
}

pub(crate) fn program() -> impl Strategy<Value = Vec<Round>> {
    prop::collection::vec(round(), 1..5)
}

fn round() -> impl Strategy<Value = Round> {
    let executions = || prop::collection::vec(execution(), 0..60);
    (
        [executions(), executions(), executions()],
        0..4_usize,
        any::<bool>(),
        any::<[bool; THREADS]>(),
        prop::collection::vec(prune(), 0..3),
    )
        .prop_map(|(executions, snapshots, dooms, ends, prunes)| Round {
            executions,
            snapshots,
            dooms,
            ends,
            prunes,
        })
}

fn execution() -> impl Strategy<Value = Execution> {
    let refund = (cents(), region(), any::<bool>())
        .prop_map(|(cents, region, retried)| Execution::Refunded { cents, region, retried });
    prop_oneof![
        6 => order().prop_map(Execution::Ordered),
        2 => refund,
        1 => any::<i64>().prop_map(|level| Execution::Set { level }),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    (
        (cents(), any::<i64>(), weight(), maybe()),
        (region(), 0..ITEMS, any::<bool>(), prop::sample::select(&Gateway::ALL[..])),
    )
        .prop_map(|((cents, change, weight, maybe), (region, item, retried, gateway))| Order {
            cents,
            change,
            weight,
            maybe,
            region,
            item,
            retried,
            gateway,
        })
}

/// The bounds of buckets among them, and what makes a sum wider than 64 bits.
fn cents() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..1_000_u64,
        2 => prop::sample::select(&[0, 1, 10, 11, 100, 101, 500, 501][..]),
        1 => any::<u64>(),
    ]
}

/// Zero, negative, huge and tiny ones too, of which a thousand have a finite sum.
fn weight() -> impl Strategy<Value = f64> {
    let powers = (-300..300_i32, any::<bool>())
        .prop_map(|(power, is_negative)| if is_negative { -1.0 } else { 1.0 } * 2_f64.powi(power));
    prop_oneof![
        4 => 0.0..1e4_f64,
        2 => -50.0..50.0_f64,
        1 => Just(0.0),
        1 => powers,
        1 => -1e300..1e300_f64,
    ]
}

fn maybe() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        2 => Just(None),
        3 => (-1e6..1e6_f64).prop_map(Some),
        1 => prop::sample::select(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY][..]).prop_map(Some),
    ]
}

fn region() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => prop::sample::select(&REGIONS[..]), 1 => Just(DOOMED)]
}

fn prune() -> impl Strategy<Value = Prune> {
    let gateways = Gateway::ALL.map(|gateway| gateway.text().to_owned()).to_vec();
    let items: Vec<String> = (0..ITEMS).map(|item| item.to_string()).collect();
    let bools = vec!["false".to_owned(), "true".to_owned()];
    let of = |metric, tag, values: Vec<String>| {
        prop::sample::select(values).prop_map(move |value| Prune { metric, tag, value })
    };
    prop_oneof![
        of("p.sizes", "item", items.clone()),
        of("p.dense", "gateway", gateways.clone()),
        of("p.wide", "gateway", gateways),
        of("p.both.cents", "retried", bools),
        of("p.limited", "item", items),
    ]
}

/// A thread that executes what it is given.
pub(crate) struct Worker {
    give: mpsc::Sender<Vec<Execution>>,
    is_done: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(place: usize) -> Self {
        let (give, given) = mpsc::channel::<Vec<Execution>>();
        let (done, is_done) = mpsc::channel();
        let thread = thread::spawn(move || {
            for executions in given {
                for execution in executions {
                    execute(execution, place);
                }
                done.send(()).unwrap();
            }
        });
        Self { give, is_done, thread }
    }

    pub(crate) fn give(&self, executions: Vec<Execution>) {
        self.give.send(executions).unwrap();
    }

    pub(crate) fn wait(&self) {
        self.is_done.recv().unwrap();
    }

    pub(crate) fn end(self) {
        drop(self.give);
        self.thread.join().unwrap();
    }
}

fn execute(execution: Execution, thread: usize) {
    match execution {
        Execution::Ordered(order) => {
            let Order { cents, change, weight, maybe, region, item, retried, gateway } = order;
            // texts at addresses of their own
            let region = &*region.to_owned();
            telemetry::execute!(p.ordered, { cents, change, weight, maybe },
                { region, item, retried, gateway });
        }
        Execution::Refunded { cents, region, retried } => {
            telemetry::execute!(p.refunded, { cents }, { region, retried });
        }
        Execution::Set { level } => telemetry::execute!(p.set, { level }, { thread }),
    }
}
