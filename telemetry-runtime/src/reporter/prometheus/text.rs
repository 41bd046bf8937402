//! The text format 0.0.4.

use telemetry::{Buckets, MetricKind};

use super::vitals;
use crate::exposition::{prometheus_base, prometheus_label};
use crate::store::snapshot::{
    Metric, MetricSnapshot, Series, SeriesValue, Snapshot, Summary, Total,
};

pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The whole exposition: the application's metrics, then what the toolkit says of itself.
pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut tags = String::new();
    for (name, value) in snapshot.tags() {
        push_label(&mut tags, &prometheus_label(name), value);
    }
    let mut page = Page { text: String::with_capacity(4096), tags };
    for metric in snapshot.metrics() {
        page.metric(metric);
    }
    page.vitals(snapshot);
    page.text
}

struct Page {
    text: String,
    /// That all series have.
    tags: String,
}

impl Page {
    fn metric(&mut self, snapshot: &MetricSnapshot) {
        let metric = snapshot.metric();
        let mut name = prometheus_base(metric.name());
        if metric.is_monotonic() {
            name.push_str("_total");
        }
        let help = match metric.description() {
            "" => metric.name(),
            description => description,
        };
        self.head(&name, help, type_name(metric));
        let labels: Vec<String> = metric.tags().iter().map(|tag| prometheus_label(tag)).collect();
        for series in snapshot.series() {
            self.series(&name, &labels, metric, series);
        }
    }

    fn series(&mut self, name: &str, labels: &[String], metric: &Metric, series: Series<'_>) {
        let mut rendered = self.tags.clone();
        for (label, value) in labels.iter().zip(series.tags().iter()) {
            push_label(&mut rendered, label, value);
        }
        let labels = &rendered;
        match series.value() {
            SeriesValue::Counter(count) => {
                self.sample(name, labels, Total::Integer(count.into()));
            }
            SeriesValue::Sum(total) | SeriesValue::LastValue(total) => {
                self.sample(name, labels, total);
            }
            SeriesValue::Summary(summary) => self.summary(name, labels, metric, summary),
            SeriesValue::Distribution { counts, sum } => {
                let bounds = match metric.kind() {
                    MetricKind::Distribution(Buckets::Fixed(bounds)) => bounds,
                    _ => &[][..],
                };
                let bounded = bounds.iter().copied().zip(counts.iter().copied());
                self.buckets(name, labels, bounded, counts.iter().sum(), sum);
            }
            SeriesValue::Exponential { buckets, sum } => {
                self.buckets(name, labels, buckets.bounds(), buckets.count(), sum);
            }
        }
    }

    fn summary(&mut self, name: &str, labels: &str, metric: &Metric, summary: &Summary) {
        if let MetricKind::Summary { percentiles } = metric.kind() {
            for q in *percentiles {
                let value = summary.percentile(*q).unwrap_or(f64::NAN);
                self.bounded(name, labels, "quantile", *q, Total::Float(value));
            }
        }
        self.sample(&format!("{name}_sum"), labels, summary.sum());
        let count = Total::Integer(summary.count().into());
        self.sample(&format!("{name}_count"), labels, count);
    }

    /// `counts`: upper bounds and how many are in each bucket, rising, that to +∞ left out.
    fn buckets(
        &mut self,
        name: &str,
        labels: &str,
        counts: impl Iterator<Item = (f64, u64)>,
        count: u64,
        sum: Total,
    ) {
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        for (bound, here) in counts {
            below += here;
            self.bounded(&bucket, labels, "le", bound, Total::Integer(below.into()));
        }
        let count = Total::Integer(count.into());
        self.bounded(&bucket, labels, "le", f64::INFINITY, count);
        self.sample(&format!("{name}_sum"), labels, sum);
        self.sample(&format!("{name}_count"), labels, count);
    }

    /// A sample with one more label, which is a number.
    fn bounded(&mut self, name: &str, labels: &str, label: &str, bound: f64, value: Total) {
        let mut labels = labels.to_owned();
        let mut text = String::new();
        push_number(&mut text, Total::Float(bound));
        push_label(&mut labels, label, &text);
        self.sample(name, &labels, value);
    }

    /// What the toolkit says of itself: nothing is lost silently.
    fn vitals(&mut self, snapshot: &Snapshot) {
        const SKIPPED: &str = "telemetry_metric_skipped_total";

        self.head(SKIPPED, "Executions that a metric left out.", "counter");
        for metric in snapshot.metrics() {
            for (skip, count) in metric.skipped().filter(|(_, count)| *count > 0) {
                let mut labels = String::new();
                push_label(&mut labels, "metric", metric.metric().name());
                push_label(&mut labels, "reason", skip.as_str());
                self.sample(SKIPPED, &labels, Total::Integer(count.into()));
            }
        }
        for vitals::OfMetric { name, help, count } in vitals::OF_METRICS {
            self.head(name, help, "counter");
            for metric in snapshot.metrics().iter().filter(|metric| count(metric) > 0) {
                let mut labels = String::new();
                push_label(&mut labels, "metric", metric.metric().name());
                self.sample(name, &labels, Total::Integer(count(metric).into()));
            }
        }
        for vitals::OfProgram { name, help, value } in vitals::OF_PROGRAM {
            self.head(name, help, "counter");
            self.sample(name, "", value(snapshot));
        }
    }

    fn head(&mut self, name: &str, help: &str, type_name: &str) {
        for part in ["# HELP ", name, " "] {
            self.text.push_str(part);
        }
        escape(&mut self.text, help, false);
        for part in ["\n# TYPE ", name, " ", type_name, "\n"] {
            self.text.push_str(part);
        }
    }

    fn sample(&mut self, name: &str, labels: &str, value: Total) {
        self.text.push_str(name);
        if !labels.is_empty() {
            for part in ["{", labels, "}"] {
                self.text.push_str(part);
            }
        }
        self.text.push(' ');
        push_number(&mut self.text, value);
        self.text.push('\n');
    }
}

fn type_name(metric: &Metric) -> &'static str {
    match metric.kind() {
        MetricKind::Distribution(_) => "histogram",
        MetricKind::Summary { .. } => "summary",
        _ if metric.is_monotonic() => "counter",
        _ => "gauge",
    }
}

fn push_label(labels: &mut String, name: &str, value: &str) {
    if !labels.is_empty() {
        labels.push(',');
    }
    labels.push_str(name);
    labels.push_str("=\"");
    escape(labels, value, true);
    labels.push('"');
}

/// Help texts escape backslash and newline, label values also the quote.
fn escape(text: &mut String, value: &str, quotes: bool) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '"' if quotes => text.push_str("\\\""),
            other => text.push(other),
        }
    }
}

/// Whole numbers without a fraction, `+Inf`, `-Inf` and `NaN` as the format spells them.
fn push_number(text: &mut String, value: Total) {
    match value {
        Total::Integer(value) => text.push_str(itoa::Buffer::new().format(value)),
        Total::Float(value) if value.is_nan() => text.push_str("NaN"),
        Total::Float(value) if value.is_infinite() => {
            text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        Total::Float(value) => {
            let mut buffer = zmij::Buffer::new();
            let number = buffer.format_finite(value);
            text.push_str(number.strip_suffix(".0").unwrap_or(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: Total) -> String {
        let mut text = String::new();
        push_number(&mut text, value);
        text
    }

    #[test]
    fn numbers_are_spelled_as_the_format_wants() {
        assert_eq!(number(Total::Integer(i128::from(u64::MAX) + 1)), "18446744073709551616");
        assert_eq!(number(Total::Float(10.0)), "10");
        assert_eq!(number(Total::Float(2.5)), "2.5");
        assert_eq!(number(Total::Float(f64::INFINITY)), "+Inf");
        assert_eq!(number(Total::Float(f64::NAN)), "NaN");
        assert_eq!(number(Total::Float(1e300)).parse(), Ok(1e300));
    }

    #[test]
    fn no_label_value_can_forge_a_line() {
        let mut labels = String::new();
        push_label(&mut labels, "route", "a\"} 1\nforged{x=\"\\");
        assert_eq!(labels, r#"route="a\"} 1\nforged{x=\"\\""#);
    }
}
