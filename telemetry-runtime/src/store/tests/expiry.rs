//! Series that rest are forgotten, and nothing else is.

#![allow(unsafe_code)]

use std::sync::Arc;
use std::thread;

use super::{Fed, fed, seconds, stepping};

telemetry::events! {
    event se.rested { metadata { tag: &str } }
    event se.shown { metadata { tag: &str } }
    event se.returned { metadata { tag: &str } }
    event se.opened { metadata { tag: &str } }
    event se.piled { metadata { tag: &str } }
    event se.indexed { metadata { flag: bool } }
    event se.untagged;
    event se.reused { metadata { tag: u64 } }
    event se.left { metadata { tag: u64 } }
    event se.told { metadata { tag: &str } }
    event se.slept { metadata { tag: &str } }
}
telemetry::metrics! {
    counter(se.rested.count, tags = [tag], expire_after = "30s");
    counter(se.shown.count, tags = [tag], expire_after = "30s");
    counter(se.returned.count, tags = [tag], expire_after = "30s");
    counter(se.opened.count, tags = [tag], expire_after = "30s");
    counter(se.piled.count, tags = [tag], expire_after = "30s");
    counter(se.indexed.count, tags = [flag], expire_after = "30s");
    counter(se.untagged.count, expire_after = "30s");
    counter(se.reused.count, tags = [tag], expire_after = "10s");
    counter(se.left.count, tags = [tag], expire_after = "10s");
    counter(se.told.count, tags = [tag], expire_after = "10s");
    counter(se.slept.count, tags = [tag], expire_after = "30s");
}

/// Ticks every ten seconds.
fn tick(fed: &Fed, from: u64, to: u64) {
    for second in (from..=to).step_by(10) {
        fed.store.tick(seconds(second));
    }
}

macro_rules! execute {
    ($event:ident, $tag:expr) => {
        telemetry::execute!(se.$event, {}, { tag: $tag })
    };
}

#[test]
fn series_that_rests_expires_and_others_stay() {
    let fed = fed("se.rested");
    execute!(rested, "idle");
    for second in (0..=60).step_by(10) {
        execute!(rested, "busy");
        fed.store.tick(seconds(second));
    }
    assert_eq!(fed.counts("se.rested.count"), [("busy".into(), 7)]);
    let snapshot = fed.store.snapshot(seconds(60));
    let metric = snapshot.metric("se.rested.count").unwrap();
    assert_eq!((metric.created(), metric.expired(), metric.pruned(), metric.late()), (2, 1, 0, 0));
}

#[test]
fn series_is_shown_until_it_has_rested_for_long_enough() {
    let fed = fed("se.shown");
    execute!(shown, "shown");
    tick(&fed, 0, 30);
    assert_eq!(fed.count("se.shown.count", "shown"), Some(1));
    tick(&fed, 40, 40);
    assert_eq!(fed.count("se.shown.count", "shown"), None);
}

#[test]
fn series_that_comes_back_starts_anew() {
    let fed = fed("se.returned");
    (0..5).for_each(|_| execute!(returned, "a"));
    tick(&fed, 0, 40);
    assert_eq!(fed.count("se.returned.count", "a"), None);
    (0..2).for_each(|_| execute!(returned, "a"));
    assert_eq!(fed.count("se.returned.count", "a"), Some(2));
}

#[test]
fn execution_after_the_announcement_keeps_the_series_and_its_total() {
    let fed = fed("se.opened");
    thread::scope(|scope| {
        let other = stepping(scope, || execute!(opened, "a"));
        (0..5).for_each(|_| execute!(opened, "a"));
        (0..3).for_each(|_| other());
        tick(&fed, 0, 30);
        // It is closed: this one unlinks the row, and opens the series again.
        other();
        tick(&fed, 40, 60);
        assert_eq!(fed.count("se.opened.count", "a"), Some(9));
        // The first thread's row was unlinked as well, and is the same one again.
        execute!(opened, "a");
        execute!(opened, "a");
        other();
        assert_eq!(fed.count("se.opened.count", "a"), Some(12));
        tick(&fed, 70, 110);
        assert_eq!(fed.count("se.opened.count", "a"), None);
    });
}

#[test]
fn rows_do_not_pile_up_where_series_are_closed_and_opened() {
    let fed = fed("se.piled");
    (0..3).for_each(|_| execute!(piled, "b"));
    for round in 0..20 {
        let start = round * 100;
        tick(&fed, start, start + 30);
        execute!(piled, "b");
        execute!(piled, "c");
    }
    assert_eq!(fed.count("se.piled.count", "b"), Some(23));
    let rows = fed.store.shared.rows(0);
    let layout = fed.store.shared.group(0).layout;
    let count = |rows: &super::super::rows::SharedRows| {
        rows.chunks().iter().map(|chunk| chunk.rows(layout).count()).sum::<usize>()
    };
    // "c" expires in each round but the last.
    let all: usize = rows.iter().map(|rows| count(rows)).sum();
    assert!(all <= 3, "{all} rows");
}

#[test]
fn series_with_an_index_expire_too_and_come_back() {
    let fed = fed("se.indexed");
    let execute = |flag| telemetry::execute!(se.indexed, {}, { flag });
    (0..4).for_each(|_| execute(true));
    execute(false);
    tick(&fed, 0, 30);
    execute(true);
    tick(&fed, 40, 40);
    assert_eq!(fed.counts("se.indexed.count"), [("true".into(), 5)]);
    execute(false);
    assert_eq!(fed.counts("se.indexed.count"), [("false".into(), 1), ("true".into(), 5)]);
}

#[test]
fn untagged_series_expires_and_comes_back() {
    let fed = fed("se.untagged");
    assert_eq!(fed.counts("se.untagged.count"), [(String::new(), 0)]);
    telemetry::execute!(se.untagged);
    tick(&fed, 0, 40);
    assert_eq!(fed.counts("se.untagged.count"), []);
    telemetry::execute!(se.untagged);
    assert_eq!(fed.counts("se.untagged.count"), [(String::new(), 1)]);
}

#[test]
fn thread_that_sleeps_does_not_keep_its_series() {
    let fed = fed("se.slept");
    thread::scope(|scope| {
        let sleeper = stepping(scope, || execute!(slept, "a"));
        (0..3).for_each(|_| sleeper());
        tick(&fed, 0, 40);
        assert_eq!(fed.counts("se.slept.count"), []);
        sleeper();
        assert_eq!(fed.count("se.slept.count", "a"), Some(1));
    });
}

#[test]
fn numbers_and_rows_of_series_that_are_gone_are_used_again() {
    let fed = fed("se.reused");
    for round in 0..50 {
        for tag in 0..20 {
            execute!(reused, round * 20 + tag);
        }
        tick(&fed, round * 100, round * 100 + 20);
    }
    assert_eq!(fed.counts("se.reused.count"), []);
    let list = fed.store.shared.registry(0).list(&Arc::default());
    assert_eq!((list.totals.created, list.totals.expired), (1_000, 1_000));
    assert!(list.tags.len() <= 60, "{} numbers", list.tags.len());
}

#[test]
fn rows_that_no_thread_has_are_given_back_by_the_tick() {
    let fed = fed("se.left");
    let layout = fed.store.shared.group(0).layout;
    // A thread leaves its rows when it has ended, which a scope alone does not wait for.
    thread::spawn(|| (0..100).for_each(|tag| execute!(left, tag))).join().unwrap();
    tick(&fed, 0, 20);
    let rows = fed.store.shared.rows(0);
    let rows: usize =
        rows.iter().flat_map(|rows| rows.chunks()).map(|chunk| chunk.rows(layout).count()).sum();
    assert_eq!(rows, 0);
}

#[test]
fn ticks_tell_what_has_happened_since_the_last_one() {
    let fed = fed("se.told");
    let execute = |tag| execute!(told, tag);
    let before = fed.store.tick(seconds(0));
    ["a", "b", "b"].into_iter().for_each(execute);
    let told = fed.store.tick(seconds(5));
    assert_eq!((told.created, told.series - before.series, told.expired), (2, 2, 0));
    execute("a");
    fed.store.tick(seconds(10));
    fed.store.tick(seconds(15));
    let told = fed.store.tick(seconds(20));
    assert_eq!((told.created, told.expired, told.late), (0, 1, 0));
    fed.store.prune("se.told.count", &[("tag", "a")]).unwrap();
    let told = fed.store.tick(seconds(21));
    assert_eq!((told.pruned, told.series, told.overflowed), (1, before.series, 0));
}
