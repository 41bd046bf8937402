//! Series past the limit.

#![allow(unsafe_code)]

use std::thread;

use super::super::Limits;
use super::{fed, fed_within, stepping};

telemetry::events! {
    event sl.full { metadata { tag: u64 } }
    event sl.shared { metadata { tag: u64 } }
    event sl.freed { metadata { tag: u64 } }
    event sl.one { metadata { tag: u64 } }
    event sl.two { metadata { tag: u64 } }
    event sl.bare;
    event sl.texts { metadata { text: &str } }
}
telemetry::metrics! {
    counter(sl.full.count, tags = [tag], series_limit = 3);
    counter(sl.shared.count, tags = [tag], series_limit = 3);
    counter(sl.freed.count, tags = [tag], series_limit = 3);
    counter(name = sl.process.one, events = [sl.one], tags = [tag]);
    counter(name = sl.process.two, events = [sl.two], tags = [tag]);
    counter(sl.bare.count);
    counter(name = sl.texts.text, events = [sl.texts], tags = [tag = |m| m.text], series_limit = 2);
}

const OVERFLOW: &str = "__overflow__";

fn full(tag: u64) {
    telemetry::execute!(sl.full, {}, { tag });
}

fn shared(tag: u64) {
    telemetry::execute!(sl.shared, {}, { tag });
}

fn freed(tag: u64) {
    telemetry::execute!(sl.freed, {}, { tag });
}

#[test]
fn executions_past_the_limit_are_in_the_overflow_and_those_of_known_series_are_not() {
    let fed = fed("sl.full");
    (0..3).for_each(full);
    for _ in 0..10 {
        (0..10).for_each(full);
    }
    let known = |tag: u64| fed.count("sl.full.count", &tag.to_string());
    assert_eq!((0..4).map(known).collect::<Vec<_>>(), [Some(11), Some(11), Some(11), None]);
    assert_eq!(fed.count("sl.full.count", OVERFLOW), Some(70));
}

#[test]
fn thread_that_was_turned_away_finds_the_series_of_others() {
    let fed = fed("sl.shared");
    thread::scope(|scope| {
        let other = stepping(scope, || (7..10).for_each(shared));
        other();
        // This thread is turned away before it sees any of the three.
        shared(1);
        shared(2);
        (7..10).for_each(shared);
        shared(3);
    });
    let expected = [("7", 2), ("8", 2), ("9", 2), (OVERFLOW, 3)];
    assert_eq!(fed.counts("sl.shared.count"), expected.map(|(tag, count)| (tag.into(), count)));
}

#[test]
fn room_that_is_made_is_used_by_threads_that_were_turned_away() {
    let fed = fed("sl.freed");
    (0..5).for_each(freed);
    assert_eq!(fed.count("sl.freed.count", OVERFLOW), Some(2));
    assert_eq!(fed.store.prune("sl.freed.count", &[("tag", "1")]).unwrap(), 1);
    freed(4);
    freed(3);
    let expected = [("0", 1), ("2", 1), ("4", 1), (OVERFLOW, 3)];
    assert_eq!(fed.counts("sl.freed.count"), expected.map(|(tag, count)| (tag.into(), count)));
}

#[test]
fn room_in_one_metric_is_room_in_another_where_the_process_is_full() {
    let fed = fed_within("sl.process", Limits { per_metric: 10, per_process: 4 });
    let one = |tag| telemetry::execute!(sl.one, {}, { tag });
    let two = |tag| telemetry::execute!(sl.two, {}, { tag });
    (0..3).for_each(one);
    (0..3).for_each(two);
    assert_eq!(fed.count("sl.process.two", OVERFLOW), Some(2));
    fed.store.prune("sl.process.one", &[("tag", "2")]).unwrap();
    two(2);
    two(1);
    assert_eq!(fed.count("sl.process.two", "2"), Some(1));
    assert_eq!(fed.count("sl.process.two", OVERFLOW), Some(3));
    let snapshot = fed.store.snapshot(std::time::Duration::ZERO);
    assert_eq!(snapshot.metric("sl.process.two").unwrap().overflowed(), 3);
}

#[test]
fn metric_without_tags_has_its_series_however_full_the_process_is() {
    let fed = fed_within("sl.bare", Limits { per_metric: 10, per_process: 0 });
    telemetry::execute!(sl.bare);
    assert_eq!(fed.store.prune("sl.bare.count", &[]).unwrap(), 1);
    telemetry::execute!(sl.bare);
    assert_eq!(fed.counts("sl.bare.count"), [(String::new(), 1)]);
    let snapshot = fed.store.snapshot(std::time::Duration::ZERO);
    assert_eq!(snapshot.metric("sl.bare.count").unwrap().overflowed(), 0);
}

#[test]
fn tags_named_like_the_overflow_are_a_series_of_their_own() {
    let fed = fed("sl.texts");
    let execute = |text: &str| telemetry::execute!(sl.texts, {}, { text });
    [OVERFLOW, "a", "b", "c", OVERFLOW].into_iter().for_each(execute);
    let counts = fed.counts("sl.texts.text");
    assert_eq!(counts.len(), 3);
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    assert_eq!(all, 5);
    assert_eq!(fed.store.prune("sl.texts.text", &[]).unwrap(), 2);
    assert_eq!(fed.counts("sl.texts.text"), [(OVERFLOW.into(), 2)]);
}
