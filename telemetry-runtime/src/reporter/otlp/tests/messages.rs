//! What a receiver reads is what the snapshot says.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use prost::Message as _;

use super::super::message::metrics::{AggregationTemporality, Data, Request, Value};
use super::super::points::nanoseconds;
use super::super::values::Temporality;
use super::{Fed, encoder, integer, metric, metrics, numbers, parts, texts};

telemetry::events! {
    event otlp_every.done {
        measurements { items: u64, level: i64, took: Duration, size: f64 }
        metadata { route: &str }
    }
    event otlp_many.done { metadata { id: u64 } }
    event otlp_within.done { measurements { took: Duration } }
    span otlp_within.work;
}
telemetry::metrics! {
    /// How often.
    counter(otlp_every.done.count, tags = [route]);
    sum(otlp_every.done.items, tags = [route]);
    sum(otlp_every.done.level, tags = [route]);
    last_value(name = otlp_every.done.last, events = [otlp_every.done], measurement = level);
    distribution(otlp_every.done.took, unit = native => millisecond, buckets = [1, 10, 100], tags = [route]);
    distribution(otlp_every.done.size, tags = [route]);
    summary(name = otlp_every.done.window, events = [otlp_every.done], measurement = size, percentiles = [0.5, 0.9]);
    counter(otlp_many.done.count, tags = [id], series_limit = 9_000);
    distribution(otlp_within.done.took, buckets = [1_000], unit = native => microsecond);
}

#[derive(Debug, Clone)]
struct Step {
    route: &'static str,
    items: u64,
    level: i64,
    took: u64,
    size: f64,
}

fn step() -> impl Strategy<Value = Step> {
    let size =
        prop_oneof![prop::num::f64::NORMAL, prop::num::f64::SUBNORMAL, Just(0.0), Just(-0.0)];
    let items = prop_oneof![0..100_u64, Just(u64::MAX)];
    (prop::sample::select(vec!["/", "/ü\"\n", ""]), items, any::<i32>(), 0..200_000_000_u64, size)
        .prop_map(|(route, items, level, took, size)| Step {
            route,
            items,
            level: level.into(),
            took,
            size,
        })
}

/// Executed one test case after the other: all stores hear all executions.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_decoded_are_the_numbers_that_were_executed(
        steps in prop::collection::vec(step(), 0..30)
    ) {
        let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fed = Fed::of("otlp_every");
        for Step { route, items, level, took, size } in &steps {
            telemetry::execute!(
                otlp_every.done,
                { items: *items, level: *level, took: Duration::from_nanos(*took), size: *size },
                { route: route }
            );
        }
        let snapshot = fed.snapshot();
        let mut encoder = encoder(Temporality::Cumulative);
        let cursor = encoder.begin();
        let parts = parts(&encoder, &snapshot, cursor);
        prop_assert_eq!(parts.len(), 1);
        let bytes = parts[0].message();
        let request = Request::decode(&bytes[..]).unwrap();
        prop_assert_eq!(&request, &parts[0].request);

        let mut routes: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
        for step in &steps {
            routes.entry(step.route).or_default().push(step);
        }
        let of = |name: &str| metric(&request, &format!("otlp_every.done.{name}"));
        prop_assert_eq!(of("count").map_or(0, |metric| numbers(metric).len()), routes.len());
        for (route, steps) in &routes {
            let is_ours = |attributes| texts(attributes) == [("route", *route)];
            let number = |name: &str| {
                let found = numbers(of(name).unwrap()).iter().find(|point| is_ours(&point.attributes));
                found.unwrap().clone()
            };
            prop_assert_eq!(integer(&number("count")), i64::try_from(steps.len()).unwrap());
            let items: u128 = steps.iter().map(|step| u128::from(step.items)).sum();
            let expected = match i64::try_from(items) {
                Ok(items) => Value::Integer(items),
                Err(_) => Value::Float(items as f64),
            };
            prop_assert_eq!(number("items").value, Some(expected));
            let level: i64 = steps.iter().map(|step| step.level).sum();
            prop_assert_eq!(integer(&number("level")), level);

            let Some(Data::Histogram(took)) = &of("took").unwrap().data else { panic!() };
            let point = took.data_points.iter().find(|point| is_ours(&point.attributes)).unwrap();
            let mut counts = vec![0; 4];
            for step in steps {
                // upper bounds are inclusive
                let bounds = [1_000_000, 10_000_000, 100_000_000];
                counts[bounds.iter().filter(|bound| step.took > **bound).count()] += 1;
            }
            prop_assert_eq!(&point.bucket_counts, &counts);
            prop_assert_eq!(&point.explicit_bounds, &[1.0, 10.0, 100.0]);
            prop_assert_eq!(point.count, steps.len() as u64);
            let sum = steps.iter().map(|step| step.took).sum::<u64>() as f64 / 1e6;
            prop_assert!((point.sum.unwrap() - sum).abs() <= 1e-9 * sum.abs());

            let Some(Data::ExponentialHistogram(size)) = &of("size").unwrap().data else { panic!() };
            let point = size.data_points.iter().find(|point| is_ours(&point.attributes)).unwrap();
            prop_assert_eq!((point.scale, point.count), (3, steps.len() as u64));
            let zeros = steps.iter().filter(|step| step.size == 0.0).count();
            prop_assert_eq!(point.zero_count, zeros as u64);
            for (buckets, sign) in [(&point.positive, 1.0), (&point.negative, -1.0)] {
                let buckets = buckets.as_ref().unwrap();
                let ours: Vec<f64> =
                    steps.iter().map(|step| step.size * sign).filter(|size| *size > 0.0).collect();
                prop_assert_eq!(buckets.bucket_counts.iter().sum::<u64>(), ours.len() as u64);
                for size in ours {
                    // the protocol's definition: 2^(i/8) < size ≤ 2^((i+1)/8), here by its logarithm
                    let place = size.log2() * 8.0;
                    let is_in = buckets.bucket_counts.iter().zip(buckets.offset..).any(|(count, i)| {
                        *count > 0 && place >= f64::from(i) - 1e-6 && place <= f64::from(i + 1) + 1e-6
                    });
                    prop_assert!(is_in, "{} is in none of {:?}", size, buckets);
                }
            }
            let has_negative = steps.iter().any(|step| step.size < 0.0);
            prop_assert_eq!(point.sum.is_none(), has_negative);
        }
        if let (Some(last), Some(step)) = (of("last"), steps.last()) {
            prop_assert_eq!(integer(&numbers(last)[0]), step.level);
        }
        if !steps.is_empty() {
            let Some(Data::Summary(window)) = &of("window").unwrap().data else { panic!() };
            let point = &window.data_points[0];
            prop_assert_eq!(point.count, steps.len() as u64);
            let quantiles: Vec<f64> = point.quantile_values.iter().map(|at| at.quantile).collect();
            prop_assert_eq!(quantiles, [0.0, 0.5, 0.9, 1.0]);
            let rises = point.quantile_values.windows(2).all(|pair| pair[0].value <= pair[1].value);
            prop_assert!(rises);
        }
    }
}

#[test]
fn kinds_units_and_times_are_told() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let fed = Fed::of("otlp_every");
    let took = Duration::from_millis(10);
    telemetry::execute!(otlp_every.done, { items: 1, level: -2, took, size: 0.5 }, { route: "/" });
    let snapshot = fed.snapshot();
    let mut encoder = encoder(Temporality::Cumulative);
    let cursor = encoder.begin();
    let request = parts(&encoder, &snapshot, cursor).remove(0).request;

    let scope = request.resource_metrics[0].scope_metrics[0].scope.clone().unwrap();
    assert_eq!(scope.name, "telemetry-runtime");
    assert_eq!(scope.version, env!("CARGO_PKG_VERSION"));
    let count = metric(&request, "otlp_every.done.count").unwrap();
    assert_eq!(count.description, "How often.");
    let [items, level] = ["items", "level"].map(|name| {
        match metric(&request, &format!("otlp_every.done.{name}")).unwrap().data.clone() {
            Some(Data::Sum(sum)) => sum,
            other => panic!("{other:?}"),
        }
    });
    assert!(items.is_monotonic && !level.is_monotonic);
    let cumulative = i32::from(AggregationTemporality::Cumulative);
    assert_eq!(
        (items.aggregation_temporality, level.aggregation_temporality),
        (cumulative, cumulative)
    );
    assert_eq!(metric(&request, "otlp_every.done.took").unwrap().unit, "ms");
    let point = &items.data_points[0];
    assert_eq!(point.start_time_unix_nano, nanoseconds(snapshot.started()));
    assert_eq!(point.time_unix_nano, nanoseconds(snapshot.taken()));
}

#[test]
fn an_exemplar_has_the_ids_of_its_span_and_is_told_once() {
    let fed = Fed::of("otlp_within");
    let captured = telemetry::testing::capture(&[&otlp_within::work::start]);
    drop(captured);
    let mut context = None;
    let watch = crate::spans::watch().unwrap();
    let span = telemetry::start!(otlp_within.work);
    context = context.or(span.context());
    span.context().unwrap().scope(|| {
        telemetry::execute!(otlp_within.done, { took: Duration::from_micros(3) });
    });
    span.stop();
    drop(watch);
    let context = context.unwrap();
    let mut encoder = encoder(Temporality::Cumulative);
    let exemplars = |encoder: &mut super::Encoder| {
        let snapshot = fed.snapshot();
        let cursor = encoder.begin();
        let mut parts = parts(encoder, &snapshot, cursor);
        let part = parts.remove(0);
        let found =
            metric(&part.request, "otlp_within.done.took").map(|metric| match &metric.data {
                Some(Data::Histogram(histogram)) => histogram.data_points[0].exemplars.clone(),
                other => panic!("{other:?}"),
            });
        encoder.arrived(part);
        encoder.complete(&snapshot);
        found.unwrap()
    };
    let first = exemplars(&mut encoder);
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].value, Some(3.0));
    assert_eq!(first[0].trace_id, context.trace_id().to_be_bytes());
    assert_eq!(first[0].span_id, context.span_id().to_be_bytes());
    assert!(exemplars(&mut encoder).is_empty());
}

#[test]
fn a_large_report_is_several_messages_and_every_series_is_in_one() {
    let fed = Fed::of("otlp_many");
    for id in 0..8_000_u64 {
        let padded = id * 1_000_000_007;
        telemetry::execute!(otlp_many.done, {}, { id: padded });
    }
    let snapshot = fed.snapshot();
    let long: Vec<_> = snapshot.metrics()[0].series().collect();
    assert_eq!(long.len(), 8_000);
    let mut encoder = encoder(Temporality::Cumulative);
    let cursor = encoder.begin();
    let all = parts(&encoder, &snapshot, cursor);
    let points: u64 = all.iter().map(|part| part.points).sum();
    assert_eq!(points, 8_000);
    let sizes: Vec<usize> = all.iter().map(|part| part.message().len()).collect();
    assert!(sizes.iter().all(|size| *size < 1_200_000), "{sizes:?}");
    let mut ids = std::collections::BTreeSet::new();
    for part in &all {
        for metric in metrics(&part.request) {
            ids.extend(
                numbers(metric).iter().map(|point| texts(&point.attributes)[0].1.to_owned()),
            );
        }
    }
    assert_eq!(ids.len(), 8_000);
}
