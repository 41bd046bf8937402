//! Threads execute while series are closed and forgotten: nothing of it is lost.

#![allow(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::super::merge::Merged;
use super::{Fed, fed};

telemetry::events! {
    event sr.expiring { metadata { tag: u64 } }
    event sr.pruned { measurements { n: u64 } metadata { tag: &str } }
}
telemetry::metrics! {
    counter(sr.expiring.count, tags = [tag], expire_after = "1h");
    counter(sr.pruned.count, tags = [tag]);
    sum(sr.pruned.n, tags = [tag]);
    distribution(name = sr.pruned.sizes, events = [sr.pruned], measurement = n, tags = [tag]);
}

const THREADS: u64 = 3;
const TAGS: u64 = 16;

/// Executions by the series' number.
fn executions(fed: &Fed) -> Vec<u64> {
    let shared = &fed.store.shared;
    let list = shared.registry(0).list(&Arc::default());
    Merged::read(shared.group(0), &list, &shared.rows(0), |_| false).executions
}

/// Forgets what rests for a moment as the ticks do, at every moment that there is.
#[test]
fn executions_are_shown_or_went_with_a_series_that_rested_or_are_counted_as_late() {
    let wanted: u64 = if std::env::var_os("TESTS_LONG").is_some() { 20_000 } else { 300 };
    let fed = fed("sr.expiring");
    let shared = &fed.store.shared;
    let is_done = AtomicBool::new(false);
    let (mut gone, mut expired) = (0, 0);
    let executed: u64 = thread::scope(|scope| {
        let is_done = &is_done;
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    let mut round = 0;
                    while !is_done.load(Ordering::Relaxed) {
                        let tag = (round / 7 + thread) % TAGS;
                        telemetry::execute!(sr.expiring, {}, { tag });
                        round += 1;
                        if round % 50 == thread {
                            thread::yield_now();
                        }
                    }
                    round
                })
            })
            .collect();
        while expired < wanted {
            let first = executions(&fed);
            let numbers: Vec<u32> = (0..).take(first.len()).collect();
            shared.close_series(0, &numbers);
            thread::yield_now();
            let second = executions(&fed);
            let rested: Vec<(u32, u64)> = (0..)
                .zip(first.iter().zip(&second))
                .filter(|(_, (first, second))| first == second)
                .map(|(number, (_, executions))| (number, *executions))
                .collect();
            for number in shared.expire(0, &rested) {
                gone += second[number as usize];
                expired += 1;
            }
        }
        is_done.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    // All threads have ended: what they left is looked after here.
    shared.sweep_spare();
    let shown: u64 = fed.counts("sr.expiring.count").iter().map(|(_, count)| count).sum();
    let late = shared.registry(0).list(&Arc::default()).totals.late;
    assert_eq!(shown + gone + late, executed, "{shown} shown, {gone} gone, {late} late");
}

#[test]
fn series_stay_exact_while_others_are_pruned() {
    let fed = fed("sr.pruned");
    let rounds = 20_000;
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(move || {
                    for n in 0..rounds {
                        telemetry::execute!(sr.pruned, { n: n % 100 }, { tag: "kept" });
                        telemetry::execute!(sr.pruned, { n: 1 }, { tag: "pruned" });
                    }
                })
            })
            .collect();
        let is_done = &is_done;
        scope.spawn(move || {
            for writer in writers {
                writer.join().unwrap();
            }
            is_done.store(true, Ordering::Relaxed);
        });
        let mut last = 0;
        while !is_done.load(Ordering::Relaxed) {
            fed.store.prune("sr.pruned.n", &[("tag", "pruned")]).unwrap();
            let count = fed.count("sr.pruned.count", "kept").unwrap_or_default();
            assert!(count >= last, "{count} after {last}");
            last = count;
        }
    });
    assert_eq!(fed.count("sr.pruned.count", "kept"), Some(rounds * THREADS));
    let snapshot = fed.store.snapshot(std::time::Duration::ZERO);
    // What was pruned is counted, with what came late.
    fed.store.shared.sweep_spare();
    let all = fed.store.snapshot(std::time::Duration::ZERO);
    let shown = fed.count("sr.pruned.count", "pruned").unwrap_or_default();
    let gone = all.metric("sr.pruned.count").unwrap().gone();
    assert_eq!(shown + gone, rounds * THREADS, "{shown} shown, {gone} gone");
    let sum = snapshot.metric("sr.pruned.n").unwrap().value(&["kept"]).unwrap();
    let expected = i128::from(rounds * THREADS / 100 * 4950);
    assert_eq!(sum, super::SeriesValue::Sum(super::super::snapshot::Total::Integer(expected)));
    let super::SeriesValue::Exponential { buckets, .. } =
        snapshot.metric("sr.pruned.sizes").unwrap().value(&["kept"]).unwrap()
    else {
        panic!("exponential buckets");
    };
    assert_eq!(buckets.count(), rounds * THREADS);
}
