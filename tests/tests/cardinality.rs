//! Ten million tag values on one metric, and what records allocate. In a program of its own, which
//! counts what it allocates.

use std::env;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::bail;
use telemetry::SpanContext;
use telemetry_runtime::{SeriesValue, Snapshot, Telemetry, Total};
use telemetry_tests::allocation::Counting;
use telemetry_tests::wait::until;

telemetry::events! {
    event c.flood { measurements { n: u64 } metadata { id: u64, kind: &str } }
    event c.sampled { measurements { n: u64 } metadata { kind: &str } }
}

telemetry::metrics! {
    counter(c.flood.count, tags = [id]);
    sum(c.flood.n, tags = [kind]);
    counter(name = c.floods.count, events = [c.flood]);
    distribution(c.sampled.n, buckets = [10, 100], tags = [kind]);
    distribution(name = c.sampled.wide, events = [c.sampled], measurement = n, tags = [kind]);
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time: they count what the whole program has.
static ALONE: Mutex<()> = Mutex::new(());

const THREADS: u64 = 2;
/// The default of a metric.
const LIMIT: u64 = 2_000;

fn start() -> Telemetry {
    Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap()
}

/// Executes with so many distinct tag values, half of them on each thread.
fn flood(first: u64, count: u64) {
    // Both are there at once, so that each has rows of its own.
    let all_have_executed = &Barrier::new(THREADS.try_into().unwrap());
    thread::scope(|scope| {
        let threads = (0..THREADS).map(|thread| {
            scope.spawn(move || {
                for id in (first..first + count).filter(|id| id % THREADS == thread) {
                    let kind = if (id / THREADS).is_multiple_of(2) { "a" } else { "b" };
                    telemetry::execute!(c.flood, { n: 3 }, { id, kind });
                }
                all_have_executed.wait();
            })
        });
        // Their rows are left when they have ended.
        threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    });
}

fn count(snapshot: &Snapshot, metric: &str, tags: &[&str]) -> u64 {
    match snapshot.metric(metric).unwrap().value(tags) {
        Some(SeriesValue::Counter(count)) => count,
        other => panic!("{other:?}"),
    }
}

/// Ten million in the long run.
#[test]
fn flood_of_tag_values_stays_in_its_memory_and_harms_no_other_metric() {
    let _alone = ALONE.lock().unwrap();
    let values: u64 = if env::var_os("TESTS_LONG").is_some() { 10_000_000 } else { 200_000 };
    let telemetry = start();
    // The threads and the store get what they keep whatever comes.
    telemetry::execute!(c.flood, { n: 0 }, { id: 0, kind: "a" });
    drop(telemetry.snapshots().take());
    let before = Counting::live_bytes();
    flood(1, values / 10);
    // What readers keep of the series is there before it is measured, and not only after a tick.
    drop(telemetry.snapshots().take());
    let early = Counting::live_bytes() - before;
    flood(1 + values / 10, values - values / 10);
    let late = Counting::live_bytes() - before;
    // What the builder's documentation says, and a tenth for what comes in powers of two.
    let bound = isize::try_from(LIMIT * (150 + 70 * (THREADS + 1))).unwrap();
    assert!(late < bound + bound / 10, "{late} bytes for {LIMIT} series, {bound} are stated");
    assert!(late - early < 16 * 1024, "{early} bytes after a tenth, {late} in the end");

    let snapshot = telemetry.snapshots().take();
    let flooded = snapshot.metric("c.flood.count").unwrap();
    assert_eq!(flooded.series().count() as u64, LIMIT + 1);
    assert_eq!(flooded.overflowed(), values + 1 - LIMIT);
    assert_eq!(count(&snapshot, "c.flood.count", &["__overflow__"]), values + 1 - LIMIT);
    let each = flooded.series().filter(|series| series.value() == SeriesValue::Counter(1)).count();
    assert_eq!(each as u64, LIMIT, "each of the others was executed once");
    assert_eq!(count(&snapshot, "c.floods.count", &[]), values + 1);
    let sum = |kind| snapshot.metric("c.flood.n").unwrap().value(&[kind]);
    let half = Total::Integer(i128::from(values / 2) * 3);
    assert_eq!((sum("a"), sum("b")), (Some(SeriesValue::Sum(half)), Some(SeriesValue::Sum(half))));
}

#[test]
fn nothing_is_allocated_for_an_exemplar_once_its_series_exists() {
    let _alone = ALONE.lock().unwrap();
    let telemetry = start();
    let context: SpanContext =
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
    telemetry::execute!(c.sampled, { n: 5 }, { kind: "a" });
    let execute = || {
        context.scope(|| {
            for n in 0..5_000 {
                telemetry::execute!(c.sampled, { n }, { kind: "a" });
            }
        });
    };
    // Pages of sparse buckets are made when their octave is measured first. Outside of a span there is
    // nothing to be kept, and the buckets are done with until another epoch begins.
    for n in 0..5_000 {
        telemetry::execute!(c.sampled, { n }, { kind: "a" });
    }
    let mut allocations = 0;
    until("exemplars", Duration::from_mins(1), || {
        allocations += Counting::allocations_of(execute);
        let snapshot = telemetry.snapshots().take();
        let exemplars = |metric: &str| {
            snapshot.metric(metric).unwrap().series().map(|series| series.exemplars().len()).sum()
        };
        match (exemplars("c.sampled.n"), exemplars("c.sampled.wide")) {
            (3_usize, 21_usize..) => Ok(()),
            few => bail!("{few:?} exemplars"),
        }
    })
    .unwrap();
    assert_eq!(allocations, 0);
}
