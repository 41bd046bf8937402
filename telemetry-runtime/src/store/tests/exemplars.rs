//! Exemplars: from executions within spans to snapshots.

#![allow(unsafe_code)]

use std::time::SystemTime;

use telemetry::SpanContext;

use super::{Exemplar, fed, seconds};

telemetry::events! {
    span sx.worked { metadata { tag: u8 } }
    event sx.within { measurements { n: u64 } }
    event sx.outside { measurements { n: u64 } }
    event sx.wide { measurements { n: f64 } }
    event sx.epochs { measurements { n: u64 } }
    event sx.gone { measurements { n: u64 } metadata { tag: u64 } }
    event sx.crowded { measurements { n: u64 } metadata { tag: u64 } }
    event sx.counted { measurements { n: u64 } }
}
telemetry::metrics! {
    distribution(sx.worked.stop.duration, unit = native => second, buckets = [3600], tags = [tag]);
    distribution(sx.within.n, buckets = [10, 20]);
    distribution(sx.outside.n, buckets = [10, 20]);
    distribution(sx.wide.n);
    distribution(sx.epochs.n, buckets = [10]);
    distribution(sx.gone.n, buckets = [10], tags = [tag]);
    distribution(sx.crowded.n, buckets = [10], tags = [tag], series_limit = 1);
    sum(sx.counted.n);
    summary(name = sx.counted.summary, events = [sx.counted], measurement = n);
}

fn context(span: u64) -> SpanContext {
    format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{span:016x}-01").parse().unwrap()
}

#[test]
fn spans_own_events_tell_of_the_span_and_not_of_the_one_around_it() {
    let fed = fed("sx.worked");
    let before = SystemTime::now();
    let own = context(7).scope(|| {
        let span = telemetry::start!(sx.worked, { tag: 1 });
        let own = span.context().unwrap();
        span.stop();
        own
    });
    let exemplars = fed.exemplars("sx.worked.stop.duration", seconds(1));
    let [exemplar] = &exemplars[..] else { panic!("{exemplars:?}") };
    assert_eq!(exemplar.span_context(), own);
    assert_eq!(own.parent_id(), Some(7));
    assert!(exemplar.value() < 3600.0);
    assert!(exemplar.time() >= before && exemplar.time() <= SystemTime::now());
}

#[test]
fn other_events_tell_of_the_span_that_they_happen_in_once_a_bucket() {
    let fed = fed("sx.within");
    for (n, span) in [(5, 1), (6, 2), (15, 3), (99, 4), (98, 5)] {
        context(span).scope(|| telemetry::execute!(sx.within, { n }));
    }
    let exemplars = fed.exemplars("sx.within.n", seconds(0));
    let seen: Vec<_> = exemplars
        .iter()
        .map(|exemplar| (exemplar.bucket(), exemplar.value(), exemplar.span_context().span_id()))
        .collect();
    assert_eq!(seen, [(Some(0), 5.0, 1), (Some(1), 15.0, 3), (Some(2), 99.0, 4)]);
}

#[test]
fn without_a_span_there_is_no_exemplar() {
    let fed = fed("sx.outside");
    telemetry::execute!(sx.outside, { n: 5 });
    assert_eq!(fed.exemplars("sx.outside.n", seconds(0)), []);
}

#[test]
fn exponential_buckets_have_exemplars_from_the_lowest_up() {
    let fed = fed("sx.wide");
    for n in [1e9, -3.0, 0.0, 0.25] {
        context(1).scope(|| telemetry::execute!(sx.wide, { n }));
    }
    let values: Vec<f64> =
        fed.exemplars("sx.wide.n", seconds(0)).iter().map(Exemplar::value).collect();
    assert_eq!(values, [-3.0, 0.0, 0.25, 1e9]);
}

#[test]
fn bucket_has_a_new_exemplar_in_each_epoch() {
    let fed = fed("sx.epochs");
    let value = |second| fed.exemplars("sx.epochs.n", seconds(second))[0].value();
    let execute = |n| context(1).scope(|| telemetry::execute!(sx.epochs, { n }));
    (1..4).for_each(execute);
    assert!((value(0) - 1.0).abs() < f64::EPSILON);
    (4..6).for_each(execute);
    assert!((value(1) - 1.0).abs() < f64::EPSILON, "the same epoch");
    (6..8).for_each(execute);
    assert!((value(1) - 6.0).abs() < f64::EPSILON, "the snapshot before began another");
    fed.store.tick(seconds(10));
    (8..10).for_each(execute);
    assert!((value(10) - 8.0).abs() < f64::EPSILON, "the tick began another");
}

#[test]
fn exemplars_go_with_their_series() {
    let fed = fed("sx.gone");
    for tag in 1..4 {
        context(tag).scope(|| telemetry::execute!(sx.gone, { n: 1 }, { tag }));
    }
    let spans = || {
        let exemplars = fed.exemplars("sx.gone.n", seconds(0));
        exemplars.iter().map(|exemplar| exemplar.span_context().span_id()).collect::<Vec<_>>()
    };
    assert_eq!(spans(), [1, 2, 3]);
    fed.store.prune("sx.gone.n", &[("tag", "2")]).unwrap();
    // The new series has the number of the old one.
    telemetry::execute!(sx.gone, { n: 1 }, { tag: 9 });
    assert_eq!(spans(), [1, 3]);
}

#[test]
fn overflow_has_no_exemplars() {
    let fed = fed("sx.crowded");
    for tag in 0..5 {
        context(tag + 1).scope(|| telemetry::execute!(sx.crowded, { n: 1 }, { tag }));
    }
    let exemplars = fed.exemplars("sx.crowded.n", seconds(0));
    assert_eq!(exemplars.iter().map(|one| one.span_context().span_id()).collect::<Vec<_>>(), [1]);
}

#[test]
fn only_distributions_have_exemplars() {
    let fed = fed("sx.counted");
    context(1).scope(|| telemetry::execute!(sx.counted, { n: 1 }));
    assert_eq!(fed.exemplars("sx.counted.n", seconds(0)), []);
    assert_eq!(fed.exemplars("sx.counted.summary", seconds(0)), []);
}
