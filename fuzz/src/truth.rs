//! What was measured, series by series, from the executions themselves.

use std::collections::BTreeMap;

use telemetry::{MetricKind, Number};
use telemetry_runtime::{Metric, SeriesValue, Snapshot, Total};

use crate::story::{Executed, Round, Story};

/// The measurements of a metric by the values of its tags.
pub type Measured<'s> = BTreeMap<Vec<&'s str>, Vec<&'s Executed>>;

/// Those of one round; executions without a finite number are left out, but by counters. A series may be
/// there of which nothing was measured yet.
pub fn measured<'s>(story: &'s Story, round: &Round, metric: &Metric) -> Measured<'s> {
    let mut all = Measured::new();
    if metric.tags().is_empty() {
        all.insert(Vec::new(), Vec::new());
    }
    for executed in story.until(round) {
        let tags = metric.tags().iter().map(|tag| executed.tag(tag)).collect();
        let of_series = all.entry(tags).or_default();
        if is_counter(metric) || executed.float().is_finite() {
            of_series.push(executed);
        }
    }
    all
}

/// How many series there have to be.
pub fn known(measured: &Measured<'_>) -> usize {
    measured.values().filter(|executed| !executed.is_empty()).count()
}

pub fn is_counter(metric: &Metric) -> bool {
    matches!(metric.kind(), MetricKind::Counter)
}

/// The measurements as floats, in the metric's unit.
pub fn floats(metric: &Metric, executed: &[&Executed]) -> Vec<f64> {
    executed.iter().map(|executed| metric.conversion().apply(executed.float())).collect()
}

/// Whether this is the sum of the measurements: exactly where all are whole, else as near as floats
/// let it.
pub fn is_sum(metric: &Metric, executed: &[&Executed], sum: f64) -> bool {
    let whole = executed.iter().try_fold(0_i128, |sum, executed| match executed.number {
        Number::Unsigned(value) => Some(sum + i128::from(value)),
        Number::Signed(value) => Some(sum + i128::from(value)),
        _ => None,
    });
    if let Some(whole) = whole.filter(|_| metric.conversion().is_identity()) {
        return sum.to_bits() == (whole as f64).to_bits();
    }
    let floats = floats(metric, executed);
    let magnitude = floats.iter().map(|value| value.abs()).fold(0.0, |sum, value| sum + value);
    // It is added up before it is converted.
    let unconverted = executed.iter().map(|executed| executed.float().abs()).sum::<f64>();
    if !magnitude.is_finite() || !unconverted.is_finite() {
        return !sum.is_nan();
    }
    let exact = floats.iter().sum::<f64>();
    (sum - exact).abs() <= magnitude * f64::EPSILON * (2 * floats.len() + 4) as f64 + 1e-300
}

/// Checks the snapshots themselves, before what is written of them.
pub fn check(story: &Story) {
    for round in &story.rounds {
        for of_metric in round.snapshot.metrics() {
            let metric = of_metric.metric();
            let measured = measured(story, round, metric);
            let mut told = 0;
            for series in of_metric.series() {
                let tags: Vec<&str> = series.tags().iter().collect();
                let Some(executed) = measured.get(&tags) else {
                    panic!("nothing was executed with {tags:?} of {metric:?}");
                };
                told += usize::from(!executed.is_empty());
                check_series(metric, series.value(), executed);
            }
            assert_eq!(told, known(&measured), "series of {metric:?}");
        }
    }
}

fn check_series(metric: &Metric, value: SeriesValue<'_>, executed: &[&Executed]) {
    let count = executed.len() as u64;
    let is_sum = |sum: Total| is_sum(metric, executed, sum.as_f64());
    match value {
        SeriesValue::Counter(counted) => assert_eq!(counted, count),
        SeriesValue::Sum(sum) => assert!(is_sum(sum), "{sum:?} of {executed:?}"),
        SeriesValue::LastValue(last) => {
            let expected = metric.conversion().apply(executed[executed.len() - 1].float());
            assert!(is_near(last.as_f64(), expected, 1e-15), "{last:?} is not {expected:?}");
        }
        SeriesValue::Summary(summary) => {
            assert_eq!(summary.count(), count);
            assert!(is_sum(summary.sum()), "{summary:?} of {executed:?}");
        }
        SeriesValue::Distribution { counts, sum } => {
            assert_eq!(counts.iter().sum::<u64>(), count);
            assert!(is_sum(sum), "{sum:?} of {executed:?}");
        }
        SeriesValue::Exponential { sum, .. } => assert!(is_sum(sum), "{sum:?} of {executed:?}"),
        other => panic!("{other:?} is new"),
    }
}

/// Relatively.
pub fn is_near(a: f64, b: f64, error: f64) -> bool {
    a.to_bits() == b.to_bits() || (a - b).abs() <= b.abs() * error || (a - b).abs() < 1e-300
}

/// The tags that all series have.
pub fn constants(snapshot: &Snapshot) -> Vec<(&str, &str)> {
    snapshot.tags().collect()
}
