//! What the store is to have added up, kept naively: every measurement of every series.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use telemetry_runtime::{MetricSnapshot, SeriesValue, Skip, Snapshot, Summary, Total};

use crate::program::{DOOMED, Execution, Order, Prune};
use crate::vocabulary::BOUNDS;

pub(crate) type Tags = Vec<String>;
pub(crate) type Checked = Result<(), TestCaseError>;

/// The stated error of a summary's percentiles.
const RELATIVE_ERROR: f64 = 1.0 / 129.0;

/// Metrics whose series are pruned together: the first one stands for all of them.
const SHARED: &[&[&str]] = &[
    &["p.sizes", "p.places", "p.ordered.cents"],
    &["p.wide", "p.ordered.change"],
    &["p.dense"],
    &["p.both.cents"],
];

/// A measurement, with that of a counter being 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Measured {
    Integer(i128),
    Float(f64),
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) metrics: BTreeMap<&'static str, BTreeMap<Tags, Vec<Measured>>>,
    absent: u64,
    not_finite: u64,
    /// Executions of series that are pruned while they are executed, by metric.
    doomed: BTreeMap<&'static str, u64>,
    /// Executions of `p.limited`, whichever series they are in.
    pub(crate) limited: u64,
}

impl Model {
    /// What has no tags is shown before it is measured.
    pub(crate) fn new() -> Self {
        let untagged = || BTreeMap::from([(Tags::new(), Vec::new())]);
        let metrics = ["p.ordered.count", "p.ordered.maybe"].map(|name| (name, untagged()));
        let doomed = BTreeMap::new();
        Self { metrics: metrics.into(), absent: 0, not_finite: 0, doomed, limited: 0 }
    }

    pub(crate) fn execute(&mut self, execution: &Execution, thread: usize) {
        match execution {
            Execution::Ordered(order) => self.order(order),
            Execution::Refunded { cents, region, retried } => {
                let tags = [(*region).to_owned(), retried.to_string()];
                self.add("p.both.cents", tags, Measured::Integer((*cents).into()));
            }
            Execution::Set { level } => {
                self.add("p.set.level", [thread.to_string()], Measured::Integer((*level).into()));
            }
        }
    }

    fn order(&mut self, order: &Order) {
        let once = Measured::Integer(1);
        let (cents, change) = (order.cents.into(), i128::from(order.change));
        let weight = Measured::Float(order.weight);
        let region = || order.region.to_owned();
        let item = || order.item.to_string();
        let gateway = || order.gateway.text().to_owned();
        let retried = || order.retried.to_string();
        self.add("p.ordered.count", Tags::new(), once);
        self.add("p.places", [region(), item()], once);
        self.add("p.ordered.cents", [region(), item()], Measured::Integer(cents));
        self.add("p.sizes", [region(), item()], Measured::Integer(cents));
        self.add("p.dense", [gateway(), retried()], once);
        self.add("p.ordered.change", [gateway()], Measured::Integer(change));
        self.add("p.wide", [gateway()], weight);
        self.add("p.ordered.weight", [region()], weight);
        self.add("p.weights", [region()], weight);
        match order.maybe {
            None => self.absent += 1,
            Some(maybe) if !maybe.is_finite() => self.not_finite += 1,
            Some(maybe) => self.add("p.ordered.maybe", Tags::new(), Measured::Float(maybe)),
        }
        // what is wider than 64 bits saturates
        let double = (change * 2).clamp(i64::MIN.into(), i64::MAX.into());
        self.add("p.double", ["north".to_owned()], Measured::Integer(double));
        self.add("p.both.cents", [region(), retried()], Measured::Integer(cents));
        if order.retried {
            self.add("p.kept", [region()], once);
        }
        if order.cents <= 100 {
            self.add("p.small", [item()], once);
        }
        let class = format!("class {}", order.item / 2);
        self.add("p.labels", [class, (order.weight > 0.0).to_string()], once);
        self.limited += 1;
    }

    fn add(&mut self, metric: &'static str, tags: impl Into<Tags>, value: Measured) {
        let tags = tags.into();
        if is_doomed(&tags) {
            *self.doomed.entry(metric).or_default() += 1;
        }
        self.metrics.entry(metric).or_default().entry(tags).or_default().push(value);
    }

    /// Forgets, and gives how many series went, those of the doomed region left out: nobody knows
    /// which of them there were.
    pub(crate) fn prune(&mut self, prune: &Prune, place: usize) -> usize {
        let shared = SHARED.iter().find(|shared| shared[0] == prune.metric).unwrap();
        let mut gone = 0;
        for metric in *shared {
            let series = self.metrics.entry(metric).or_default();
            let doomed = |tags: &Tags| tags[place] == prune.value;
            let known = series.keys().filter(|tags| doomed(tags) && !is_doomed(tags)).count();
            if *metric == prune.metric {
                gone = known;
            }
            series.retain(|tags, _| !doomed(tags));
        }
        gone
    }

    /// Whether a snapshot shows all of this and nothing else.
    pub(crate) fn check(&self, snapshot: &Snapshot) -> Checked {
        for metric in snapshot.metrics() {
            let name = metric.metric().name();
            if !name.starts_with("p.") || name == "p.limited" {
                continue;
            }
            let none = BTreeMap::new();
            let expected = self.metrics.get(name).unwrap_or(&none);
            let known = expected.keys().filter(|tags| !is_doomed(tags)).cloned();
            let shown = shown(metric).filter(|(tags, _)| !is_doomed(tags));
            let known: BTreeSet<Tags> = known.collect();
            prop_assert_eq!(
                shown.map(|(tags, _)| tags).collect::<BTreeSet<_>>(),
                known,
                "{}",
                name
            );
            for (tags, value) in self::shown(metric) {
                if !is_doomed(&tags) {
                    check_value(value, &expected[&tags]).map_err(|failure| {
                        TestCaseError::fail(format!("{name} {tags:?}: {failure}"))
                    })?;
                }
            }
            let skipped = |reason| {
                metric.skipped().filter(|(skip, _)| *skip == reason).map(|(_, count)| count).sum()
            };
            let (absent, not_finite): (u64, u64) =
                (skipped(Skip::Absent), skipped(Skip::NotFinite));
            let maybe =
                if name == "p.ordered.maybe" { (self.absent, self.not_finite) } else { (0, 0) };
            prop_assert_eq!((absent, not_finite), maybe, "skipped of {}", name);
            let doomed = self.doomed.get(name).copied().unwrap_or_default();
            prop_assert!(metric.late() <= doomed, "{}: {} late", name, metric.late());
            prop_assert_eq!(metric.overflowed(), 0, "{}", name);
        }
        Ok(())
    }
}

pub(crate) fn is_doomed(tags: &[String]) -> bool {
    tags.iter().any(|value| value == DOOMED)
}

/// The series of a metric that were measured, by their tags.
pub(crate) fn shown(metric: &MetricSnapshot) -> impl Iterator<Item = (Tags, SeriesValue<'_>)> {
    metric
        .series()
        .map(|series| (series.tags().iter().map(str::to_owned).collect(), series.value()))
}

fn check_value(value: SeriesValue<'_>, measured: &[Measured]) -> Checked {
    let count = measured.len() as u64;
    match value {
        SeriesValue::Counter(shown) => prop_assert_eq!(shown, count),
        SeriesValue::Sum(total) => check_sum(total, measured)?,
        SeriesValue::LastValue(total) => {
            let Some(Measured::Integer(last)) = measured.last() else { panic!("an integer") };
            prop_assert_eq!(total, Total::Integer(*last));
        }
        SeriesValue::Summary(summary) => check_summary(summary, measured)?,
        SeriesValue::Distribution { counts, sum } => {
            prop_assert_eq!(counts, naive_buckets(measured));
            check_sum(sum, measured)?;
        }
        // its buckets are compared as they are reported
        SeriesValue::Exponential { sum, .. } => check_sum(sum, measured)?,
        other => return Err(TestCaseError::fail(format!("{other:?}"))),
    }
    Ok(())
}

/// Inclusive upper bounds, and what is above all of them.
pub(crate) fn naive_buckets(measured: &[Measured]) -> Vec<u64> {
    let mut counts = vec![0; BOUNDS.len() + 1];
    for value in floats(measured) {
        let place = BOUNDS.iter().position(|bound| value <= *bound).unwrap_or(BOUNDS.len());
        counts[place] += 1;
    }
    counts
}

fn check_sum(total: Total, measured: &[Measured]) -> Checked {
    if measured.is_empty() {
        prop_assert!(total.as_f64() == 0.0, "{:?} of nothing", total);
        return Ok(());
    }
    let integers = measured.iter().map(|value| match value {
        Measured::Integer(value) => Some(*value),
        Measured::Float(_) => None,
    });
    if let Some(exact) = integers.sum::<Option<i128>>() {
        prop_assert_eq!(total, Total::Integer(exact));
        return Ok(());
    }
    let Total::Float(sum) = total else { return Err(TestCaseError::fail(format!("{total:?}"))) };
    let values = floats(measured);
    let magnitude: f64 = values.iter().map(|value| value.abs()).sum();
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let error = values.len() as f64 * f64::EPSILON * magnitude;
    let exact = compensated(&values);
    prop_assert!((sum - exact).abs() <= error, "{} instead of {}", sum, exact);
    Ok(())
}

fn check_summary(summary: &Summary, measured: &[Measured]) -> Checked {
    let mut values = floats(measured);
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    prop_assert_eq!(
        (summary.count(), summary.window_count()),
        (values.len() as u64, values.len() as u64)
    );
    prop_assert_eq!((summary.min(), summary.max()), (Some(values[0]), Some(values[last])));
    check_sum(summary.sum(), measured)?;
    check_sum(summary.window_sum(), measured)?;
    for q in [0.0, 0.1, 0.5, 0.9, 0.99, 1.0] {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "few"
        )]
        let exact = values[(q * last as f64) as usize];
        let shown = summary.percentile(q).unwrap();
        let error = exact.abs() * (RELATIVE_ERROR + f64::EPSILON);
        prop_assert!((shown - exact).abs() <= error, "{} at {} instead of {}", shown, q, exact);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "the nearest float is what a bucket is chosen by")]
pub(crate) fn floats(measured: &[Measured]) -> Vec<f64> {
    let float = |value: &Measured| match value {
        Measured::Integer(value) => *value as f64,
        Measured::Float(value) => *value,
    };
    measured.iter().map(float).collect()
}

/// In twice the precision, after Knuth.
fn compensated(values: &[f64]) -> f64 {
    let (mut sum, mut rest) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        let part = next - sum;
        rest += (sum - (next - part)) + (value - part);
        sum = next;
    }
    sum + rest
}
