//! Threads that come and go, and what they execute while they end. In a program of its own, which counts
//! what it allocates.

use std::fs;
use std::sync::Mutex;
use std::thread;

use telemetry_runtime::{MetricSnapshot, SeriesValue, Snapshot, Telemetry, Total};
use telemetry_tests::allocation::Counting;

telemetry::events! {
    event x.short { measurements { n: u64, weight: f64 } metadata { route: &str, hit: bool } }
    event x.ending { measurements { n: u64 } metadata { place: &str, when: When } }
    span x.worked { metadata { place: &str } }
}

telemetry::metrics! {
    counter(x.short.count);
    counter(name = x.dense, events = [x.short], tags = [hit]);
    sum(x.short.n, tags = [route]);
    distribution(name = x.fixed, events = [x.short], measurement = n, tags = [route], buckets = [2, 4]);
    distribution(name = x.wide, events = [x.short], measurement = weight, tags = [route]);
    summary(x.short.weight, tags = [route]);
    counter(x.ending.count, tags = [place, when]);
    sum(x.ending.n, tags = [when]);
    summary(name = x.endings, events = [x.ending], measurement = n);
    counter(x.worked.stop.count, tags = [place]);
    distribution(x.worked.stop.duration, tags = [place]);
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time: they count what the whole program has.
static ALONE: Mutex<()> = Mutex::new(());

/// Threads at a time.
const BATCH: u64 = 16;
/// A tag of more words than stand in place.
const ENDING: &str = "an ending of a thread, told at such a length that memory is needed for it";
/// What each of them executes.
const EXECUTIONS: u64 = 8;

fn start() -> Telemetry {
    Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap()
}

fn value<'s>(snapshot: &'s Snapshot, metric: &str, tags: &[&str]) -> SeriesValue<'s> {
    let value = snapshot.metric(metric).unwrap().value(tags);
    value.unwrap_or_else(|| panic!("no {metric} of {tags:?}"))
}

fn count(snapshot: &Snapshot, metric: &str, tags: &[&str]) -> u64 {
    match value(snapshot, metric, tags) {
        SeriesValue::Counter(count) => count,
        other => panic!("{other:?}"),
    }
}

fn sum(snapshot: &Snapshot, metric: &str, tags: &[&str]) -> i128 {
    match value(snapshot, metric, tags) {
        SeriesValue::Sum(Total::Integer(sum)) => sum,
        other => panic!("{other:?}"),
    }
}

/// Runs so many threads, a batch at a time.
fn come_and_go(threads: u64) {
    let small = || thread::Builder::new().stack_size(128 * 1024);
    for _ in 0..threads / BATCH {
        let batch = (0..BATCH).map(|_| {
            let work = || {
                for n in 0..EXECUTIONS {
                    let route = if n % 2 == 0 { "/even" } else { "/a/route/that/is/long/and/odd" };
                    telemetry::execute!(x.short, { n, weight: 1.5 }, { route, hit: n < 2 });
                }
            };
            small().spawn(work).unwrap()
        });
        for thread in batch.collect::<Vec<_>>() {
            thread.join().unwrap();
        }
    }
}

/// Of the whole program.
fn resident_bytes() -> i64 {
    let sizes = fs::read_to_string("/proc/self/statm").unwrap();
    sizes.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

#[test]
fn ten_thousand_short_lived_threads_leave_their_totals_and_no_memory() {
    let _alone = ALONE.lock().unwrap();
    let telemetry = start();
    // as many rows as there are threads at a time, and what the allocator keeps for threads
    let (first, threads) = (640, 10_000);
    come_and_go(first);
    drop(telemetry.snapshots().take());
    let (live, resident) = (Counting::live_bytes(), resident_bytes());
    come_and_go(threads);
    let snapshot = telemetry.snapshots().take();
    let all = first + threads;
    assert_eq!(count(&snapshot, "x.short.count", &[]), all * EXECUTIONS);
    assert_eq!(count(&snapshot, "x.dense", &["true"]), all * 2);
    assert_eq!(count(&snapshot, "x.dense", &["false"]), all * (EXECUTIONS - 2));
    let all = i128::from(all);
    for (route, sum_of_each) in
        [("/even", 2 + 4 + 6), ("/a/route/that/is/long/and/odd", 1 + 3 + 5 + 7)]
    {
        assert_eq!(sum(&snapshot, "x.short.n", &[route]), all * sum_of_each);
        let SeriesValue::Distribution { counts, .. } = value(&snapshot, "x.fixed", &[route]) else {
            panic!("fixed buckets");
        };
        assert_eq!(i128::from(counts.iter().sum::<u64>()), all * 4);
        let SeriesValue::Summary(summary) = value(&snapshot, "x.short.weight", &[route]) else {
            panic!("a summary");
        };
        assert_eq!(i128::from(summary.count()), all * 4);
        // thrice a half: exact
        assert_eq!((summary.sum().as_f64() * 2.0).to_string(), (all * 12).to_string());
        let SeriesValue::Exponential { sum, .. } = value(&snapshot, "x.wide", &[route]) else {
            panic!("exponential buckets");
        };
        assert_eq!((sum.as_f64() * 2.0).to_string(), (all * 12).to_string());
    }
    drop(snapshot);
    let grown = (Counting::live_bytes() - live, resident_bytes() - resident);
    assert!(grown.0 < 64 * 1024, "{} bytes more", grown.0);
    assert!(grown.1 < 8 * 1024 * 1024, "{} resident bytes more", grown.1);
}

/// When a thread executes, of the store's own value of the thread.
#[derive(Debug, Clone, Copy, telemetry::Tag)]
enum When {
    Alive,
    Before,
    After,
}

#[telemetry::span(x.worked, place = place)]
fn work(place: &str) {
    std::hint::black_box(place);
}

/// Executes when it is dropped: a series that threads have, one that only endings have, and a span.
struct ExecutesAtTheEnd(When);

impl Drop for ExecutesAtTheEnd {
    fn drop(&mut self) {
        telemetry::execute!(x.ending, { n: 5 }, { place: "everywhere", when: self.0 });
        telemetry::execute!(x.ending, { n: 2 }, { place: ENDING, when: self.0 });
        work("the end");
    }
}

thread_local! {
    /// Values go in the reverse order of their making: this one after the store's.
    static EARLY: ExecutesAtTheEnd = const { ExecutesAtTheEnd(When::After) };
    static LATE: ExecutesAtTheEnd = const { ExecutesAtTheEnd(When::Before) };
}

#[test]
fn what_a_thread_executes_while_it_ends_is_counted() {
    let _alone = ALONE.lock().unwrap();
    let telemetry = start();
    let threads = 200_u64;
    for round in 0..threads / 4 {
        let others = (0..4_u64).map(|other| {
            thread::spawn(move || {
                EARLY.with(|_| ());
                // half of them execute nothing before they end
                if (round + other) % 2 == 0 {
                    telemetry::execute!(x.ending, { n: 1 }, { place: "everywhere", when: When::Alive });
                }
                LATE.with(|_| ());
            })
        });
        for other in others.collect::<Vec<_>>() {
            other.join().unwrap();
        }
    }
    let snapshot = telemetry.snapshots().take();
    assert_eq!(count(&snapshot, "x.ending.count", &["everywhere", "alive"]), threads / 2);
    for when in ["before", "after"] {
        for place in ["everywhere", ENDING] {
            assert_eq!(
                count(&snapshot, "x.ending.count", &[place, when]),
                threads,
                "{place} {when}"
            );
        }
        assert_eq!(sum(&snapshot, "x.ending.n", &[when]), i128::from(threads) * 7);
    }
    let SeriesValue::Summary(summary) = value(&snapshot, "x.endings", &[]) else {
        panic!("a summary");
    };
    assert_eq!((summary.count(), summary.max()), (threads / 2 + threads * 4, Some(5.0)));
    assert_eq!(count(&snapshot, "x.worked.stop.count", &["the end"]), threads * 2);
    let skipped: u64 =
        snapshot.metrics().iter().flat_map(MetricSnapshot::skipped).map(|(_, count)| count).sum();
    assert_eq!(skipped, 0, "nothing panicked");
}

/// A store that ends before the threads do, which then have nowhere to leave their rows.
#[test]
fn threads_that_outlive_their_store_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap();
    let outlive = || {
        let telemetry = start();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (done, is_done) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            EARLY.with(|_| ());
            come_and_go(BATCH);
            telemetry::execute!(x.short, { n: 1, weight: 1.0 }, { route: "/even", hit: true });
            done.send(()).unwrap();
            let _ = ended.recv();
            telemetry::execute!(x.short, { n: 1, weight: 1.0 }, { route: "/even", hit: true });
        });
        is_done.recv().unwrap();
        assert_eq!(
            count(&telemetry.snapshots().take(), "x.short.count", &[]),
            BATCH * EXECUTIONS + 1
        );
        drop(telemetry);
        drop(end);
        thread.join().unwrap();
    };
    (0..20).for_each(|_| outlive());
    let before = Counting::live_bytes();
    (0..40).for_each(|_| outlive());
    let grown = Counting::live_bytes() - before;
    assert!(grown < 64 * 1024, "{grown} bytes more");
}
