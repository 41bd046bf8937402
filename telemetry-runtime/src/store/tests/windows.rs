//! Summaries: what is in the window, and what has been since the start.

#![allow(unsafe_code)]

use super::super::snapshot::Total;
use super::{Fed, fed, seconds};

telemetry::events! {
    event sw.slid { measurements { n: u64 } }
    event sw.unticked { measurements { n: u64 } }
    event sw.pruned { measurements { n: u64 } metadata { tag: &str } }
}
telemetry::metrics! {
    summary(sw.slid.n, percentiles = [0.5]);
    summary(sw.unticked.n);
    summary(sw.pruned.n, tags = [tag]);
}

fn median(fed: &Fed, metric: &str, second: u64) -> Option<f64> {
    fed.summary(metric, seconds(second)).unwrap().percentile(0.5)
}

#[track_caller]
fn assert_near(value: Option<f64>, expected: f64) {
    let value = value.unwrap();
    assert!((value - expected).abs() <= expected * 0.01, "{value} is not near {expected}");
}

#[test]
fn percentiles_are_of_the_window_and_totals_since_the_start() {
    let fed = fed("sw.slid");
    for n in [100, 200, 300] {
        telemetry::execute!(sw.slid, { n });
    }
    for tick in 1..=5 {
        fed.store.tick(seconds(tick * 10));
    }
    telemetry::execute!(sw.slid, { n: 7 });
    assert_near(median(&fed, "sw.slid.n", 59), 100.0);
    fed.store.tick(seconds(60));
    assert_near(median(&fed, "sw.slid.n", 60), 7.0);
    let summary = fed.summary("sw.slid.n", seconds(60)).unwrap();
    assert_eq!((summary.window_count(), summary.window_sum()), (1, Total::Integer(7)));
    assert_eq!((summary.count(), summary.sum()), (4, Total::Integer(607)));
    assert_eq!((summary.min(), summary.max()), (Some(7.0), Some(300.0)));
    assert_near(summary.window_max(), 7.0);
    assert_near(summary.window_mean(), 7.0);
    for tick in 7..=12 {
        fed.store.tick(seconds(tick * 10));
    }
    assert_eq!(median(&fed, "sw.slid.n", 120), None);
    assert_eq!(fed.summary("sw.slid.n", seconds(120)).unwrap().count(), 4);
}

#[test]
fn without_ticks_everything_is_in_the_window() {
    let fed = fed("sw.unticked");
    telemetry::execute!(sw.unticked, { n: 3 });
    assert_near(median(&fed, "sw.unticked.n", 100_000), 3.0);
    fed.store.tick(seconds(200_000));
    assert_near(median(&fed, "sw.unticked.n", 200_000), 3.0);
}

#[test]
fn series_that_comes_back_has_an_empty_past() {
    let fed = fed("sw.pruned");
    (0..9).for_each(|n| telemetry::execute!(sw.pruned, { n }, { tag: "a" }));
    fed.store.tick(seconds(10));
    assert_eq!(fed.store.prune("sw.pruned.n", &[("tag", "a")]).unwrap(), 1);
    assert_eq!(fed.summary("sw.pruned.n", seconds(11)), None);
    telemetry::execute!(sw.pruned, { n: 5 }, { tag: "a" });
    let summary = fed.summary("sw.pruned.n", seconds(11)).unwrap();
    assert_eq!((summary.count(), summary.window_count()), (1, 1));
}
