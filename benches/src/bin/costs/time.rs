//! Nanoseconds of an execution, beyond those of the loop.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::table::Table;
use super::vocabulary::*;

const ROUNDS: usize = 31;
const CALLS: usize = 20_000;

/// What one execution is made of.
pub struct Call {
    a: &'static str,
    b: &'static str,
    n: u32,
}

/// A name, and what executes.
type Case = (&'static str, fn(&Call));

const ROUTES: [&str; 8] = [
    "/",
    "/login",
    "/orders",
    "/orders/{id}",
    "/products/{id}",
    "/cart/items",
    "/checkout",
    "/payments/{id}",
];
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

const NANOSECONDS: &[&str] = &["ns", "first quartile", "third quartile"];

macro_rules! execute {
    ($event:ident . $name:ident) => {
        |call| {
            telemetry::execute!($event.$name,
                { n: call.n.into() }, { a: call.a, b: call.b });
        }
    };
    ($event:ident . $name:ident, four) => {
        |call| {
            telemetry::execute!($event.$name,
                { n: call.n.into() }, { a: call.a, b: call.b, c: call.b, d: call.a });
        }
    };
}

const TAGS: &[Case] = &[
    ("nothing listens", execute!(cost.off)),
    ("no tag", execute!(tags.none, four)),
    ("1 text", execute!(tags.one, four)),
    ("2 texts", execute!(tags.two, four)),
    ("4 texts", execute!(tags.four, four)),
    ("1 number", |call| {
        let status = u16::try_from(call.n % 8).unwrap_or_default();
        telemetry::execute!(tags.number, {}, { status });
    }),
    ("an enum and a `bool`", |call| {
        let a = REGIONS[call.n as usize % REGIONS.len()];
        telemetry::execute!(tags.known, {}, { a, b: call.n % 3 == 0 });
    }),
];

const KINDS: &[Case] = &[
    ("counter", execute!(kinds.counter)),
    ("sum", execute!(kinds.sum)),
    ("last_value", execute!(kinds.last_value)),
    ("summary", execute!(kinds.summary)),
    ("distribution, 10 buckets", execute!(kinds.fixed)),
    ("distribution, exponential", execute!(kinds.exponential)),
];

const METRICS: &[Case] = &[
    ("1", execute!(sums.one)),
    ("2", execute!(sums.two)),
    ("4", execute!(sums.four)),
    ("8", execute!(sums.eight)),
];

const HANDLERS: &[Case] =
    &[("1", execute!(handlers.one)), ("2", execute!(handlers.two)), ("4", execute!(handlers.four))];

/// Attaches the handlers that there are rows of.
pub fn attach() {
    macro_rules! attach {
        ($($count:literal $name:ident)+) => {$(
            for place in 0..$count {
                let id = format!(concat!(stringify!($name), "-{}"), place);
                telemetry::attach(&id, &handlers::$name, (), |event, ()| {
                    black_box(event.measurements.n);
                })
                .expect("the id is free");
            }
        )+};
    }
    attach! { 1 one 2 two 4 four }
}

/// Everything that is a matter of time.
pub fn tables() -> Vec<Table> {
    vec![
        table(
            "Tags",
            "One counter over the event. Texts are compared and hashed, enums and `bool`s are counted.",
            TAGS,
        ),
        table("Kinds of metrics", "One metric over the event, two tags that are texts.", KINDS),
        table(
            "Metrics over one event",
            "Sums with the same two tags: one look-up for all.",
            METRICS,
        ),
        table("Handlers", "Each reads one measurement with its type.", HANDLERS),
        threads(),
        series(),
    ]
}

fn table(title: &'static str, about: &'static str, cases: &[Case]) -> Table {
    let calls = calls();
    let mut samples = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for ((_, case), samples) in cases.iter().zip(&mut samples) {
            samples.push(nanos(*case, &calls) - nanos(nothing, &calls));
        }
    }
    let rows = cases.iter().zip(samples).map(|((name, _), samples)| row(*name, samples));
    Table { title, about, columns: NANOSECONDS, rows: rows.collect() }
}

/// The same from several threads at once: the mean of theirs.
fn threads() -> Table {
    const CASES: [Case; 2] = [
        ("no tag", |call| {
            telemetry::execute!(threads.counted, { n: call.n.into() }, { a: call.a, b: call.b });
        }),
        ("2 texts", execute!(threads.tagged)),
    ];
    let mut rows = Vec::new();
    for (name, case) in CASES {
        for count in [1, 2] {
            let samples = (0..ROUNDS).map(|_| at_once(count, case)).collect();
            rows.push(row(format!("{name}, {count} threads"), samples));
        }
    }
    let about = "The same counter from several threads, nanoseconds of each.";
    Table { title: "Threads", about, columns: NANOSECONDS, rows }
}

fn at_once(count: u32, case: fn(&Call)) -> f64 {
    let barrier = Barrier::new(count as usize);
    let run = || {
        let calls = calls();
        // The thread's first ones make its rows.
        nanos(case, &calls);
        barrier.wait();
        nanos(case, &calls) - nanos(nothing, &calls)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(run)).collect();
        let sum: f64 = threads.into_iter().map(|thread| thread.join().expect("it counts")).sum();
        sum / f64::from(count)
    })
}

/// Visits series in an order that no cache foresees.
fn series() -> Table {
    macro_rules! row {
        ($count:literal $name:ident) => {{
            let customers: Vec<String> = (0..$count).map(|n| format!("customer-{n}")).collect();
            let execute = |n: usize| {
                let customer = &customers[n % customers.len()];
                telemetry::execute!(series.$name, {}, { route: ROUTES[n % 8], customer });
            };
            // 8 and the counts have a common factor, so that each customer has one route.
            (0..$count).for_each(execute);
            let mut samples = Vec::new();
            for round in 0..ROUNDS {
                let began = Instant::now();
                (0..CALLS).for_each(|n| execute((n + round).wrapping_mul(7_919)));
                samples.push(began.elapsed().as_secs_f64() * 1e9 / CALLS as f64);
            }
            row(stringify!($count), samples)
        }};
    }
    let rows = vec![row!(8 few), row!(1_000 more), row!(20_000 many), row!(200_000 most)];
    let about = "A counter with two texts, one thread; with the time that finding the text takes.";
    Table { title: "Series", about, columns: NANOSECONDS, rows }
}

fn row(name: impl Into<String>, mut samples: Vec<f64>) -> (String, Vec<f64>) {
    samples.sort_by(f64::total_cmp);
    let at = |quarter: usize| samples[(samples.len() - 1) * quarter / 4].max(0.0);
    (name.into(), vec![at(2), at(1), at(3)])
}

fn calls() -> Vec<Call> {
    (0..CALLS)
        .map(|n| {
            let mixed = n.wrapping_mul(0x9e37_79b9) >> 7;
            let n = u32::try_from(mixed % 1_000).unwrap_or_default();
            Call { a: ROUTES[mixed % ROUTES.len()], b: METHODS[mixed / 8 % METHODS.len()], n }
        })
        .collect()
}

#[inline(never)]
fn nothing(call: &Call) {
    black_box(call.n);
}

fn nanos(case: fn(&Call), calls: &[Call]) -> f64 {
    let case = black_box(case);
    let began = Instant::now();
    calls.iter().for_each(case);
    began.elapsed().as_secs_f64() * 1e9 / calls.len() as f64
}
