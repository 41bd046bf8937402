//! Deltas add up to what was executed, whatever arrives and whatever does not.

use std::time::Duration;

use proptest::prelude::*;

use super::super::message::metrics::{AggregationTemporality, Data};
use super::super::values::Temporality;
use super::{Fed, encoder, integer, metric, numbers, parts};

telemetry::events! {
    event otlp_delta.done { measurements { items: u64, level: i64, size: f64, took: Duration } metadata { route: &str } }
    event otlp_again.done { metadata { route: &str } }
}
telemetry::metrics! {
    counter(otlp_delta.done.count, tags = [route]);
    sum(otlp_delta.done.items, tags = [route]);
    sum(otlp_delta.done.level, tags = [route]);
    distribution(otlp_delta.done.size, tags = [route]);
    distribution(otlp_delta.done.took, unit = native => millisecond, buckets = [1, 10], tags = [route]);
    counter(otlp_again.done.count, tags = [route]);
}

#[derive(Debug, Clone)]
enum Step {
    Execute { route: &'static str, items: u64 },
    Report { arrives: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (prop::sample::select(vec!["a", "b"]), 0..1_000_u64)
            .prop_map(|(route, items)| Step::Execute { route, items }),
        1 => any::<bool>().prop_map(|arrives| Step::Report { arrives }),
    ]
}

/// What a receiver has added up.
#[derive(Debug, Default, PartialEq)]
struct Added {
    count: i64,
    items: i64,
    sizes: Vec<(i32, u64)>,
    took: Vec<u64>,
    took_count: u64,
}

static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn deltas_that_arrive_add_up_to_what_was_executed(
        steps in prop::collection::vec(step(), 0..40)
    ) {
        let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fed = Fed::of("otlp_delta");
        let mut encoder = encoder(Temporality::Delta);
        let (mut executed, mut added) = (Added::default(), Added::default());
        executed.took = vec![0; 3];
        added.took = vec![0; 3];
        let (mut level, mut told_level) = (0, 0);
        let mut last_end = None;
        let end = [Step::Report { arrives: true }];
        for step in steps.iter().chain(&end) {
            let arrives = match step {
                Step::Execute { route, items } => {
                    let (size, took) = (*items as f64, Duration::from_micros(items * 20));
                    let change = if items % 2 == 0 { -1 } else { 2 };
                    telemetry::execute!(
                        otlp_delta.done,
                        { items: *items, level: change, size, took },
                        { route: route }
                    );
                    level += change;
                    executed.count += 1;
                    executed.items += i64::try_from(*items).unwrap();
                    executed.took[usize::from(*items > 50) + usize::from(*items > 500)] += 1;
                    executed.took_count += 1;
                    continue;
                }
                Step::Report { arrives } => *arrives,
            };
            let snapshot = fed.snapshot();
            let cursor = encoder.begin();
            let parts = parts(&encoder, &snapshot, cursor);
            if !arrives {
                continue;
            }
            for part in parts {
                let request = &part.request;
                if let Some(count) = metric(request, "otlp_delta.done.count") {
                    for point in numbers(count) {
                        added.count += integer(point);
                        // one interval begins where the last one that arrived has ended
                        if let Some(end) = last_end {
                            prop_assert_eq!(point.start_time_unix_nano, end);
                        }
                        prop_assert!(integer(point) > 0);
                    }
                }
                if let Some(items) = metric(request, "otlp_delta.done.items") {
                    added.items += numbers(items).iter().map(integer).sum::<i64>();
                }
                if let Some(levels) = metric(request, "otlp_delta.done.level") {
                    let Some(Data::Sum(sum)) = &levels.data else { panic!() };
                    let cumulative = i32::from(AggregationTemporality::Cumulative);
                    prop_assert_eq!(sum.aggregation_temporality, cumulative);
                    told_level = sum.data_points.iter().map(integer).sum();
                }
                if let Some(Data::Histogram(took)) =
                    metric(request, "otlp_delta.done.took").and_then(|metric| metric.data.as_ref())
                {
                    for point in &took.data_points {
                        added.took_count += point.count;
                        for (all, count) in added.took.iter_mut().zip(&point.bucket_counts) {
                            *all += count;
                        }
                    }
                }
                if let Some(Data::ExponentialHistogram(sizes)) =
                    metric(request, "otlp_delta.done.size").and_then(|metric| metric.data.as_ref())
                {
                    for point in &sizes.data_points {
                        let positive = point.positive.as_ref().unwrap();
                        let counted: u64 = positive.bucket_counts.iter().sum();
                        prop_assert_eq!(counted + point.zero_count, point.count);
                        added.sizes.push((0, point.count));
                    }
                }
                encoder.arrived(part);
            }
            encoder.complete(&snapshot);
            last_end = Some(super::super::points::nanoseconds(snapshot.taken()));
        }
        let sizes: u64 = added.sizes.drain(..).map(|(_, count)| count).sum();
        prop_assert_eq!(sizes, executed.took_count);
        prop_assert_eq!(added, executed);
        prop_assert_eq!(told_level, level);
    }
}

#[test]
fn a_series_that_begins_anew_begins_at_nothing() {
    for temporality in [Temporality::Delta, Temporality::Cumulative] {
        let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fed = Fed::of("otlp_again");
        let mut encoder = encoder(temporality);
        let mut report = || {
            let snapshot = fed.snapshot();
            let cursor = encoder.begin();
            let part = parts(&encoder, &snapshot, cursor).remove(0);
            let point = metric(&part.request, "otlp_again.done.count")
                .map(|metric| numbers(metric)[0].clone());
            encoder.arrived(part);
            encoder.complete(&snapshot);
            (point, super::super::points::nanoseconds(snapshot.taken()), encoder.known())
        };
        let execute = |times| {
            for _ in 0..times {
                telemetry::execute!(otlp_again.done, {}, { route: "a" });
            }
        };
        execute(3);
        let (first, first_taken, _) = report();
        assert_eq!(integer(&first.clone().unwrap()), 3);
        // higher than before: the value alone would not tell
        fed.store.prune("otlp_again.done.count", &[]).unwrap();
        execute(5);
        let (second, second_taken, known) = report();
        let second = second.unwrap();
        assert_eq!((integer(&second), known), (5, 1), "{temporality:?}");
        assert_eq!(second.start_time_unix_nano, first_taken);
        execute(1);
        let third = report().0.unwrap();
        let (value, start) = match temporality {
            Temporality::Delta => (1, second_taken),
            Temporality::Cumulative => (6, first_taken),
        };
        assert_eq!((integer(&third), third.start_time_unix_nano), (value, start));
        // what is gone is forgotten
        fed.store.prune("otlp_again.done.count", &[]).unwrap();
        assert_eq!(report().2, 0);
    }
}
