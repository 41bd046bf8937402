//! Expositions of all of Prometheus' formats in one shape, in which tests compare them.
//!
//! Text is read by Python's own parsers, protobuf by messages of its own. A native histogram has the
//! samples that the same histogram has in text, so that one expectation serves all formats.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use prost::Message as _;

use crate::cargo::root;
use crate::client_model::{self as model, MetricFamily};
use crate::components;

/// All families by name, which is without the suffix of counters.
pub type Families = BTreeMap<String, Family>;

/// A metric as a reader has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Family {
    /// `counter`, `gauge`, `histogram` or `summary`.
    pub kind: String,
    /// What it tells.
    pub help: String,
    /// Empty where none is said.
    pub unit: String,
    /// By name, which has its suffix, and labels.
    pub samples: BTreeMap<(String, Labels), Sample>,
}

/// Labels by name. The bounds among them are spelled by [`bound`].
pub type Labels = BTreeMap<String, String>;

/// A value, spelled as Rust spells floats, so that NaN is itself and -0 is not 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The value.
    pub value: String,
    /// Of a bucket.
    pub exemplar: Option<Exemplar>,
}

/// A measurement with its span.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// Which span.
    pub labels: Labels,
    /// The measurement, spelled as a sample's value.
    pub value: String,
    /// Since the Unix epoch.
    pub milliseconds: i64,
}

/// A bound with ten digits: enough to tell it from its neighbours, and the same however it is rounded.
pub fn bound(bound: f64) -> String {
    if bound == 0.0 { "0".to_owned() } else { format!("{bound:.9e}") }
}

impl Sample {
    /// One without an exemplar.
    pub fn of(value: f64) -> Self {
        Self { value: format!("{value:?}"), exemplar: None }
    }
}

impl Family {
    /// Adds a sample.
    ///
    /// # Errors
    /// Where there is one of its name and labels already.
    pub fn add(&mut self, name: String, labels: Labels, sample: Sample) -> Result<()> {
        let text = format!("{name}{labels:?}");
        ensure!(self.samples.insert((name, labels), sample).is_none(), "{text} is there twice");
        Ok(())
    }
}

/// Reads the text format 0.0.4.
///
/// # Errors
/// Where Python's parser refuses it.
pub fn read_text(page: &str) -> Result<Families> {
    read_with("prometheus_client.parser", page)
}

/// Reads OpenMetrics.
///
/// # Errors
/// Where Python's parser refuses it.
pub fn read_open_metrics(page: &str) -> Result<Families> {
    read_with("prometheus_client.openmetrics.parser", page)
}

type FamilyRead = (String, String, String, String, Vec<SampleRead>);
type SampleRead = (String, Labels, String, Option<(Labels, String, f64)>);

fn read_with(module: &str, page: &str) -> Result<Families> {
    let mut child = components::python()?
        .arg(root().join("tests/python/exposition.py"))
        .arg(module)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no input")?.write_all(page.as_bytes())?;
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{module} refuses: {errors}\n{page}");
    let read: Vec<FamilyRead> = serde_json::from_slice(&output.stdout)?;
    let mut families = Families::new();
    for (name, kind, help, unit, samples) in read {
        let mut family = Family { kind, help, unit, ..Family::default() };
        for (sample, mut labels, value, exemplar) in samples {
            for name in ["le", "quantile"] {
                if let Some(text) = labels.get_mut(name) {
                    *text = bound(text.parse()?);
                }
            }
            let exemplar = exemplar
                .map(|(labels, value, seconds)| {
                    #[expect(clippy::cast_possible_truncation, reason = "it is a time")]
                    let milliseconds = (seconds * 1_000.0).round() as i64;
                    Ok::<_, anyhow::Error>(Exemplar {
                        labels,
                        value: spelled(&value)?,
                        milliseconds,
                    })
                })
                .transpose()?;
            family.add(sample, labels, Sample { value: spelled(&value)?, exemplar })?;
        }
        ensure!(families.insert(name.clone(), family).is_none(), "{name} is there twice");
    }
    Ok(families)
}

/// A number of Python's as Rust spells it.
fn spelled(number: &str) -> Result<String> {
    let number: f64 = number.parse().with_context(|| format!("{number} is no number"))?;
    Ok(format!("{number:?}"))
}

/// Reads the protobuf format.
///
/// # Errors
/// Where something is no message, or says what it must not.
pub fn read_protobuf(mut page: &[u8]) -> Result<Families> {
    let mut families = Families::new();
    while !page.is_empty() {
        let message = MetricFamily::decode_length_delimited(&mut page)?;
        let text = message.name.clone();
        let (name, family) = family(message).with_context(|| format!("in the family {text}"))?;
        ensure!(families.insert(name, family).is_none(), "{text} is there twice");
    }
    Ok(families)
}

fn family(message: MetricFamily) -> Result<(String, Family)> {
    let MetricFamily { name, help, kind, metric, unit } = message;
    let kind = match kind {
        Some(0) => "counter",
        Some(1) => "gauge",
        Some(2) => "summary",
        Some(4) => "histogram",
        other => bail!("the type {other:?}"),
    };
    let base = match kind {
        "counter" => name.strip_suffix("_total").context("a counter without its suffix")?.into(),
        _ => name,
    };
    let mut family = Family { kind: kind.into(), help, unit, ..Family::default() };
    for metric in metric {
        let model::Metric { label, gauge, counter, summary, histogram } = metric;
        let series = Series { base: &base, labels: labels(label)?, family: &mut family };
        match (kind, gauge, counter, summary, histogram) {
            ("gauge", Some(gauge), None, None, None) => series.gauge(gauge),
            ("counter", None, Some(counter), None, None) => series.counter(&counter),
            ("summary", None, None, Some(summary), None) => series.summary(&summary),
            ("histogram", None, None, None, Some(histogram)) => series.histogram(&histogram),
            other => bail!("a series with {other:?}"),
        }?;
    }
    Ok((base, family))
}

fn labels(pairs: Vec<model::LabelPair>) -> Result<Labels> {
    let count = pairs.len();
    let labels: Labels = pairs.into_iter().map(|pair| (pair.name, pair.value)).collect();
    ensure!(labels.len() == count, "a label is there twice");
    Ok(labels)
}

/// A series that is read.
struct Series<'s> {
    base: &'s str,
    labels: Labels,
    family: &'s mut Family,
}

impl Series<'_> {
    fn gauge(mut self, gauge: model::Gauge) -> Result<()> {
        self.add("", gauge.value)
    }

    fn counter(mut self, counter: &model::Counter) -> Result<()> {
        ensure!(counter.exemplar.is_none(), "an exemplar of a counter");
        self.add("_total", counter.value)?;
        self.created(counter.created_timestamp)
    }

    fn summary(mut self, summary: &model::Summary) -> Result<()> {
        for quantile in &summary.quantile {
            let q = quantile.quantile.context("a quantile of nothing")?;
            self.bounded("", "quantile", q, quantile.value.context("no value")?, None)?;
        }
        self.add("_sum", summary.sample_sum)?;
        self.add("_count", summary.sample_count.map(float))?;
        self.created(summary.created_timestamp)
    }

    fn histogram(mut self, histogram: &model::Histogram) -> Result<()> {
        match histogram.schema {
            None => self.classic(histogram)?,
            Some(schema) => self.native(schema, histogram)?,
        }
        self.add("_sum", histogram.sample_sum)?;
        self.add("_count", histogram.sample_count.map(float))?;
        self.created(histogram.created_timestamp)
    }

    fn classic(&mut self, histogram: &model::Histogram) -> Result<()> {
        ensure!(histogram.exemplars.is_empty(), "exemplars beside classic buckets");
        let last = histogram.bucket.last().context("no bucket")?;
        ensure!(last.upper_bound == Some(f64::INFINITY), "the last bound is {last:?}");
        ensure!(last.cumulative_count == histogram.sample_count, "{last:?} is not the count");
        for bucket in &histogram.bucket {
            let below = float(bucket.cumulative_count.context("no count")?);
            let exemplar = bucket.exemplar.as_ref().map(exemplar).transpose()?;
            let upper = bucket.upper_bound.context("no bound")?;
            self.bounded("_bucket", "le", upper, below, exemplar)?;
        }
        Ok(())
    }

    fn native(&mut self, schema: i32, histogram: &model::Histogram) -> Result<()> {
        ensure!(histogram.bucket.is_empty(), "classic buckets beside native ones");
        ensure!(schema == 3, "the schema {schema}");
        ensure!(histogram.zero_threshold == Some(0.0), "{:?}", histogram.zero_threshold);
        // by one of these receivers know that it is native
        let spans = histogram.negative_span.len() + histogram.positive_span.len();
        ensure!(spans > 0 || histogram.zero_count > Some(0), "no span and no zero");
        let negative = buckets(&histogram.negative_span, &histogram.negative_delta)?;
        let positive = buckets(&histogram.positive_span, &histogram.positive_delta)?;
        let zero = histogram.zero_count.context("no count of zeros")?;
        let negative = negative.into_iter().rev().map(|(i, count)| (least_below(i), count));
        let zero = (zero > 0).then_some((0.0, zero));
        let positive = positive.into_iter().map(|(i, count)| (largest_in(i), count));
        let mut exemplars: Vec<Exemplar> =
            histogram.exemplars.iter().map(exemplar).collect::<Result<_>>()?;
        let mut below = 0;
        for (upper, count) in negative.chain(zero).chain(positive) {
            below += count;
            let here =
                exemplars.iter().position(|it| it.value.parse().is_ok_and(|v: f64| v <= upper));
            let exemplar = here.map(|place| exemplars.remove(place));
            self.bounded("_bucket", "le", upper, float(below), exemplar)?;
        }
        ensure!(exemplars.is_empty(), "{exemplars:?} are of no bucket");
        ensure!(histogram.sample_count == Some(below), "the count is not that of the buckets");
        self.bounded("_bucket", "le", f64::INFINITY, float(below), None)
    }

    fn created(&mut self, created: Option<model::Timestamp>) -> Result<()> {
        let Some(created) = created else { return Ok(()) };
        self.add("_created", Some(seconds(milliseconds(created))))
    }

    fn add(&mut self, suffix: &str, value: Option<f64>) -> Result<()> {
        let value = value.with_context(|| format!("no value of {suffix:?}"))?;
        self.family.add(format!("{}{suffix}", self.base), self.labels.clone(), Sample::of(value))
    }

    fn bounded(
        &mut self,
        suffix: &str,
        label: &str,
        at: f64,
        value: f64,
        exemplar: Option<Exemplar>,
    ) -> Result<()> {
        let mut labels = self.labels.clone();
        labels.insert(label.into(), bound(at));
        let sample = Sample { exemplar, ..Sample::of(value) };
        self.family.add(format!("{}{suffix}", self.base), labels, sample)
    }
}

/// The number of each native bucket with how many are in it, rising.
fn buckets(spans: &[model::BucketSpan], deltas: &[i64]) -> Result<Vec<(i32, u64)>> {
    let (mut buckets, mut next, mut count, mut deltas) = (Vec::new(), 0, 0, deltas.iter());
    for span in spans {
        next += span.offset;
        for _ in 0..span.length {
            count += deltas.next().context("a bucket without a count")?;
            buckets.push((next, u64::try_from(count)?));
            next += 1;
        }
    }
    ensure!(deltas.next().is_none(), "a count without a bucket");
    // of those between two runs nothing is said, or that they are empty
    buckets.retain(|(_, count)| *count > 0);
    Ok(buckets)
}

/// The native bucket of schema 3 that a measurement other than zero is in, named by the upper bound of
/// magnitudes: 2^(n/8).
pub fn native_bucket(measurement: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "of any float it is below 10,000")]
    let bucket = (measurement.abs().log2() * 8.0 - 1e-9).ceil() as i32;
    bucket
}

/// The largest float in a native bucket of positive measurements, by which text names it.
pub fn largest_in(bucket: i32) -> f64 {
    let exponent = f64::from(bucket) / 8.0;
    if exponent >= f64::from(f64::MAX_EXP) {
        return f64::MAX;
    }
    if exponent >= f64::from(f64::MIN_EXP - 1) {
        return exponent.exp2();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below 2^52")]
    let steps = (exponent + 1_074.0).exp2().floor() as u64;
    f64::from_bits(steps)
}

/// The bound of a native bucket of negative measurements, by which text names it: the largest float
/// whose magnitude is in no larger bucket, which is below zero.
pub fn least_below(bucket: i32) -> f64 {
    -largest_in(bucket - 1).max(f64::from_bits(1))
}

fn exemplar(of: &model::Exemplar) -> Result<Exemplar> {
    Ok(Exemplar {
        labels: labels(of.label.clone())?,
        value: format!("{:?}", of.value.context("no value of an exemplar")?),
        milliseconds: milliseconds(of.timestamp.context("no time of an exemplar")?),
    })
}

fn milliseconds(time: model::Timestamp) -> i64 {
    time.seconds * 1_000 + i64::from(time.nanos) / 1_000_000
}

/// As text says a time.
#[expect(clippy::cast_precision_loss, reason = "it is a time")]
pub fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "the nearest float is what is said")]
fn float(count: u64) -> f64 {
    count as f64
}
