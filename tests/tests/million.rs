//! A million series of one metric, in a program of its own, which counts what it allocates.

use std::env;
use std::sync::Barrier;
use std::thread;

use telemetry_runtime::{MetricSnapshot, SeriesValue, Snapshot, Telemetry, Total};
use telemetry_tests::allocation::Counting;

telemetry::events! {
    event big.one { measurements { n: u64 } metadata { id: u64, kind: &str } }
    event big.other { metadata { kind: &str } }
}
telemetry::metrics! {
    counter(big.one.count, tags = [id, kind]);
    sum(big.one.n, tags = [id, kind]);
    counter(name = big.kinds, events = [big.one], tags = [kind]);
    counter(big.other.count, tags = [kind]);
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const THREADS: u8 = 2;
const KINDS: [&str; 4] = ["even", "odd", "a kind that is longer", ""];

/// A million in the long run.
fn series() -> u64 {
    if env::var_os("TESTS_LONG").is_some() { 1_000_000 } else { 10_000 }
}

fn kind(id: u64) -> &'static str {
    KINDS[(id % 4) as usize]
}

/// Each series `id % 3 + 1` times, by one thread or by both.
fn execute(series: u64) {
    // else one might end before the other begins, which would go on with its rows
    let both = &Barrier::new(THREADS.into());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                telemetry::execute!(big.other, {}, { kind: "other" });
                for id in 0..series {
                    for time in 0..=id % 3 {
                        if (id + time) % u64::from(THREADS) == u64::from(thread) {
                            telemetry::execute!(big.one, { n: id }, { id, kind: kind(id) });
                        }
                    }
                }
                both.wait();
            });
        }
    });
}

fn metric<'s>(snapshot: &'s Snapshot, name: &str) -> &'s MetricSnapshot {
    snapshot.metric(name).unwrap()
}

/// Checks those whose kind is shown, and gives how many there are.
fn check(snapshot: &Snapshot, shows: impl Fn(&str) -> bool) -> u64 {
    let both =
        metric(snapshot, "big.one.count").series().zip(metric(snapshot, "big.one.n").series());
    let mut count = 0;
    for (counter, sum) in both {
        assert_eq!(counter.tags(), sum.tags());
        let mut tags = counter.tags().iter();
        let id: u64 = tags.next().unwrap().parse().unwrap();
        assert_eq!(tags.next(), Some(kind(id)));
        assert!(shows(kind(id)), "{id} is gone");
        let times = id % 3 + 1;
        assert_eq!(counter.value(), SeriesValue::Counter(times), "{id}");
        assert_eq!(sum.value(), SeriesValue::Sum(Total::Integer(i128::from(id * times))), "{id}");
        count += 1;
    }
    count
}

#[test]
fn each_of_a_million_series_is_exact_and_pruned_ones_give_their_memory_back() {
    let series = series();
    let limit = usize::try_from(series).unwrap();
    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .series_limit(limit, limit + 100)
        .log(|_| {})
        .start()
        .unwrap();
    // what the store and the threads keep whatever comes
    telemetry::execute!(big.one, { n: 0 }, { id: 0, kind: kind(0) });
    telemetry.prune("big.one.count", &[]).unwrap();
    telemetry.prune("big.kinds", &[]).unwrap();
    let before = Counting::live_bytes();

    execute(series);
    let held = Counting::live_bytes() - before;
    let snapshot = telemetry.snapshots().take();
    assert_eq!(check(&snapshot, |_| true), series);
    assert_eq!(metric(&snapshot, "big.one.count").overflowed(), 0);
    for (place, name) in (0..).zip(KINDS) {
        let times: u64 = (place..series).step_by(4).map(|id| id % 3 + 1).sum();
        let shown = metric(&snapshot, "big.kinds").value(&[name]);
        assert_eq!(shown, Some(SeriesValue::Counter(times)), "{name}");
    }
    drop(snapshot);

    let pruned = telemetry.prune("big.one.n", &[("kind", "*e*")]).unwrap();
    assert_eq!(pruned as u64, series / 2);
    let snapshot = telemetry.snapshots().take();
    assert_eq!(check(&snapshot, |kind| !kind.contains('e')), series / 2);
    drop(snapshot);
    assert_eq!(telemetry.prune("big.one.count", &[]).unwrap() as u64, series - series / 2);
    assert_eq!(metric(&telemetry.snapshots().take(), "big.one.count").series().count(), 0);
    // rows that threads have left are looked after by those that take them next
    execute(0);
    drop(telemetry.snapshots().take());
    let left = Counting::live_bytes() - before;
    assert!(left < held / 20, "{left} bytes of {held} are left of {series} series");
    println!("{series} series: {held} bytes, {left} after they were pruned");

    telemetry.prune("big.one.count", &[]).unwrap();
    execute(series);
    assert_eq!(check(&telemetry.snapshots().take(), |_| true), series, "there is room again");
}
