//! Writes what has changed as lines.

use telemetry::{Buckets, MetricKind};

use super::dialect::Dialect;
use super::packet::Packets;
use super::samples::{rate, samples};
use super::sanitize::{push_name, push_segment, push_tag_name, push_tag_value};
use super::tally::{Reason, Tally};
use crate::reporter::changes::Change;
use crate::store::snapshot::{SeriesValue, Total};

/// How lines are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) dialect: Dialect,
    /// How many samples of one series there are, about; `None` for one for each bucket.
    pub(super) samples: Option<u64>,
    pub(super) values_per_line: usize,
}

/// Writes series into packets.
pub(super) struct Lines {
    form: Form,
    pub(super) packets: Packets,
    /// The segments that all names end with before those of their own tags.
    shared_name: String,
    /// The tags of all lines, each with a comma before it.
    shared_tags: String,
    /// What the lines of a series begin with.
    name: String,
    /// What they end with.
    tags: String,
}

impl Lines {
    /// `tags` are those that all series have.
    pub(super) fn new<'t>(
        form: Form,
        packet_size: usize,
        tags: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        let (mut shared_name, mut shared_tags) = (String::new(), String::new());
        for (name, value) in tags {
            match form.dialect {
                Dialect::Standard => {
                    shared_name.push('.');
                    push_segment(&mut shared_name, value);
                }
                Dialect::DogStatsd => push_tag(&mut shared_tags, name, value),
            }
        }
        let packets = Packets::new(packet_size);
        Self { form, packets, shared_name, shared_tags, name: String::new(), tags: String::new() }
    }

    /// Writes one series; nothing where nothing has changed, but for last values.
    pub(super) fn series(&mut self, change: &Change<'_>, tally: &mut Tally) {
        self.begin(change);
        let dialect = self.form.dialect;
        match (change.series.value(), change.before) {
            (SeriesValue::Counter(now), before) => {
                let before =
                    if let Some(SeriesValue::Counter(before)) = before { before } else { 0 };
                self.counter(Total::Integer(i128::from(now) - i128::from(before)), tally);
            }
            (SeriesValue::Sum(now), Some(SeriesValue::Sum(before))) => {
                self.counter(less(now, before), tally);
            }
            (SeriesValue::Sum(now), _) => self.counter(now, tally),
            (SeriesValue::LastValue(now), _) => self.gauge(now, tally),
            (SeriesValue::Summary(now), before) => {
                let before = if let Some(SeriesValue::Summary(before)) = before {
                    Some(before)
                } else {
                    None
                };
                self.samples(dialect.summary(), &now.measured_since(before), tally);
            }
            (SeriesValue::Exponential { buckets, .. }, before) => {
                let before = match before {
                    Some(SeriesValue::Exponential { buckets, .. }) => Some(buckets),
                    _ => None,
                };
                self.samples(dialect.distribution(), &buckets.measured_since(before), tally);
            }
            (SeriesValue::Distribution { counts, .. }, before) => {
                let before = match before {
                    Some(SeriesValue::Distribution { counts, .. }) => counts,
                    _ => &[],
                };
                let bounds = match change.metric.kind() {
                    MetricKind::Distribution(Buckets::Fixed(bounds)) => bounds,
                    _ => &[][..],
                };
                let measured: Vec<(f64, u64)> = middles(bounds)
                    .zip(counts)
                    .enumerate()
                    .map(|(place, (middle, now))| {
                        (middle, now.saturating_sub(before.get(place).copied().unwrap_or(0)))
                    })
                    .filter(|(_, count)| *count > 0)
                    .collect();
                self.samples(dialect.distribution(), &measured, tally);
            }
        }
    }

    fn begin(&mut self, change: &Change<'_>) {
        let Self { name, tags, .. } = self;
        name.clear();
        push_name(name, change.metric.name());
        name.push_str(&self.shared_name);
        tags.clear();
        tags.push_str(&self.shared_tags);
        for (tag, value) in change.metric.tags().iter().zip(change.series.tags().iter()) {
            match self.form.dialect {
                Dialect::Standard => {
                    name.push('.');
                    push_segment(name, value);
                }
                Dialect::DogStatsd => push_tag(tags, tag, value),
            }
        }
        name.push(':');
        if !tags.is_empty() {
            // the first comma
            tags.replace_range(..1, "|#");
        }
    }

    fn counter(&mut self, change: Total, tally: &mut Tally) {
        if change.as_f64() != 0.0 {
            self.push(&[change], "c", 1, tally);
        }
    }

    fn gauge(&mut self, value: Total, tally: &mut Tally) {
        // A sign makes it a change of what the receiver has, which is then 0.
        let is_negative = value.as_f64() < 0.0;
        if is_negative && self.form.dialect == Dialect::Standard && is_finite(value) {
            let (name, tags) = (&self.name, &self.tags);
            let mut lines = format!("{name}0|g{tags}\n{name}");
            push_number(&mut lines, value);
            lines.push_str("|g");
            lines.push_str(tags);
            if !self.packets.push(&lines, 2) {
                tally.drop(Reason::TooLong, 2);
            }
        } else {
            self.push(&[value], "g", 1, tally);
        }
    }

    fn samples(&mut self, kind: &str, measured: &[(f64, u64)], tally: &mut Tally) {
        let samples = samples(measured, self.form.samples);
        for of_weight in samples.chunk_by(|a, b| a.weight == b.weight) {
            let mut values = Vec::new();
            for sample in of_weight {
                // no time is negative, and receivers of this dialect refuse the line
                if sample.value < 0.0 && self.form.dialect == Dialect::Standard {
                    tally.drop(Reason::Negative, sample.times);
                    continue;
                }
                values.extend((0..sample.times).map(|_| Total::Float(sample.value)));
            }
            self.push(&values, kind, of_weight[0].weight, tally);
        }
    }

    /// Writes values into as few lines as may be.
    fn push(&mut self, values: &[Total], kind: &str, weight: u64, tally: &mut Tally) {
        let mut end = format!("|{kind}");
        if weight > 1 {
            // Without an exponent, which receivers do not know here.
            end.push_str("|@");
            end.push_str(&rate(weight).to_string());
        }
        end.push_str(&self.tags);
        let room = self.packets.size().saturating_sub(self.name.len() + end.len());
        let mut line = self.name.clone();
        let mut number = String::new();
        let mut in_line = 0;
        for value in values {
            if !is_finite(*value) {
                tally.drop(Reason::NotFinite, 1);
                continue;
            }
            number.clear();
            push_number(&mut number, *value);
            let length = line.len() - self.name.len();
            let has_room = length + 1 + number.len() <= room && in_line < self.form.values_per_line;
            if in_line > 0 && !has_room {
                self.end(&mut line, &end, tally);
                in_line = 0;
            }
            if in_line > 0 {
                line.push(':');
            }
            line.push_str(&number);
            in_line += 1;
        }
        if in_line > 0 {
            self.end(&mut line, &end, tally);
        }
    }

    fn end(&mut self, line: &mut String, end: &str, tally: &mut Tally) {
        line.push_str(end);
        if !self.packets.push(line, 1) {
            tally.drop(Reason::TooLong, 1);
        }
        line.truncate(self.name.len());
    }
}

fn push_tag(tags: &mut String, name: &str, value: &str) {
    tags.push(',');
    push_tag_name(tags, name);
    if !value.is_empty() {
        tags.push(':');
        push_tag_value(tags, value);
    }
}

fn less(now: Total, before: Total) -> Total {
    match (now, before) {
        (Total::Integer(now), Total::Integer(before)) => Total::Integer(now.saturating_sub(before)),
        (now, before) => Total::Float(now.as_f64() - before.as_f64()),
    }
}

/// What each bucket's measurements are told as: its middle; of those without one, the bound that they
/// have.
fn middles(bounds: &[f64]) -> impl Iterator<Item = f64> {
    let first = bounds.first().map_or(0.0, |first| if *first > 0.0 { first / 2.0 } else { *first });
    let between = bounds.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    std::iter::once(first).chain(between).chain(bounds.last().copied())
}

fn is_finite(value: Total) -> bool {
    value.as_f64().is_finite()
}

fn push_number(text: &mut String, value: Total) {
    match value {
        Total::Integer(value) => text.push_str(itoa::Buffer::new().format(value)),
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

    #[test]
    fn numbers_have_no_more_than_they_need() {
        for (value, expected) in [
            (Total::Integer(-5), "-5"),
            (Total::Float(2.0), "2"),
            (Total::Float(0.1), "0.1"),
            (Total::Float(-1.5), "-1.5"),
        ] {
            let mut text = String::new();
            push_number(&mut text, value);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn buckets_are_told_as_their_middles() {
        assert!(middles(&[10.0, 50.0]).eq([5.0, 30.0, 50.0]));
        assert!(middles(&[-10.0, 10.0]).eq([-10.0, 0.0, 10.0]));
    }
}
