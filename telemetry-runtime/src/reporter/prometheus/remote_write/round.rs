//! A snapshot on its way into requests, one after the other: a round is a place in the snapshot, and no
//! more than one request is made at a time.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use super::super::family::Family;
use super::super::vitals;
use super::encoding::{STALE, push_sample, push_series};
use super::labels::Labels;
use super::queue::{Counts, Request};
use super::samples::{Sample, bound_label, float, samples};
use crate::exposition::prometheus_label;
use crate::store::snapshot::{MetricSnapshot, SeriesValue, Snapshot};

/// Samples of one request, and those of a series more at the most.
pub(super) const SAMPLES: u64 = 2_000;
/// Bytes of one request before it is compressed, and those of a series more at the most.
const BYTES: usize = 1 << 20;

/// What is made of one snapshot.
pub(super) struct Round<'r> {
    snapshot: &'r Snapshot,
    /// The one before, of which series may have gone.
    before: Option<&'r Snapshot>,
    /// The labels of all series.
    shared: BTreeMap<String, String>,
    step: Step,
    draft: Draft,
}

/// What is written next.
enum Step {
    /// The metric at this place begins.
    Metric(usize),
    /// A metric's series, from a place on.
    Series {
        metric: usize,
        place: usize,
        family: Family,
        labels: Labels,
    },
    Vitals,
    End,
}

/// A request that is being written.
struct Draft {
    time: u64,
    bytes: Vec<u8>,
    samples: u64,
    /// The series that is being written.
    series: Vec<u8>,
    encoder: snap::raw::Encoder,
}

impl<'r> Round<'r> {
    /// `external` are labels of all series that do not have them themselves.
    pub(super) fn new(
        snapshot: &'r Snapshot,
        before: Option<&'r Snapshot>,
        external: &BTreeMap<String, String>,
    ) -> Self {
        let mut shared = external.clone();
        shared.extend(snapshot.tags().map(|(name, value)| (prometheus_label(name), value.into())));
        let since = snapshot.taken().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let draft = Draft {
            time,
            bytes: Vec::new(),
            samples: 0,
            series: Vec::new(),
            encoder: snap::raw::Encoder::new(),
        };
        Self { snapshot, before, shared, step: Step::Metric(0), draft }
    }

    /// The next request; `None` when that was the last. `counts` are told with the last samples.
    pub(super) fn request(&mut self, counts: &Counts) -> Option<Request> {
        while !self.draft.is_full() {
            match &mut self.step {
                Step::Metric(index) => {
                    let index = *index;
                    self.step = self.begin(index);
                }
                Step::Series { .. } => self.series(),
                Step::Vitals => {
                    self.vitals(counts);
                    self.step = Step::End;
                }
                Step::End => break,
            }
        }
        self.draft.finish()
    }

    fn begin(&self, index: usize) -> Step {
        let Some(metric) = self.snapshot.metrics().get(index) else { return Step::Vitals };
        let family = Family::of(metric.metric());
        let bound = bound_label(family.kind);
        let labels = Labels::new(&family.name, &self.shared, &family.labels, bound);
        Step::Series { metric: index, place: 0, family, labels }
    }

    /// Writes series of one metric, until it has no more or the request is long enough.
    fn series(&mut self) {
        let Step::Series { metric: index, place, family, labels } = &mut self.step else { return };
        let next = *index + 1;
        let Some(metric) = self.snapshot.metrics().get(*index) else { return };
        let mut tags: Vec<&str> = Vec::new();
        while *place < metric.places() {
            if self.draft.is_full() {
                return;
            }
            if let (Some(of_series), Some(point)) = (metric.tags_at(*place), metric.at(*place)) {
                tags.clear();
                tags.extend(of_series.iter());
                samples(metric.metric(), family.kind, point.value, &mut |sample| {
                    self.draft.add(labels, &tags, &sample);
                });
            }
            *place += 1;
        }
        if let Some(before) = older(self.before, *index, metric) {
            mark_stale(&mut self.draft, before, metric, family, labels);
        }
        self.step = Step::Metric(next);
    }

    /// What the toolkit says of itself, and the reporter.
    fn vitals(&mut self, counts: &Counts) {
        for vital in vitals::read(self.snapshot, None) {
            for (labels, value) in &vital.samples {
                let own: Vec<String> = labels.iter().map(|(name, _)| name.to_string()).collect();
                let values: Vec<&str> = labels.iter().map(|(_, value)| *value).collect();
                self.counter(vital.name, &own, &values, value.as_f64());
            }
        }
        for (name, count) in [
            ("telemetry_remote_write_samples_sent", counts.sent),
            ("telemetry_remote_write_samples_refused", counts.refused),
            ("telemetry_remote_write_samples_dropped", counts.dropped),
            ("telemetry_remote_write_retries", counts.retries),
        ] {
            self.counter(name, &[], &[], float(count));
        }
    }

    fn counter(&mut self, name: &str, labels: &[String], values: &[&str], value: f64) {
        let mut labels = Labels::new(name, &self.shared, labels, None);
        self.draft.add(&mut labels, values, &Sample { suffix: "_total", bound: None, value });
    }
}

impl Draft {
    #[inline]
    fn add(&mut self, labels: &mut Labels, tags: &[&str], sample: &Sample) {
        self.series.clear();
        labels.write(&mut self.series, tags, sample);
        push_sample(&mut self.series, sample.value, self.time);
        push_series(&mut self.bytes, &self.series);
        self.samples += 1;
    }

    fn is_full(&self) -> bool {
        self.samples >= SAMPLES || self.bytes.len() >= BYTES
    }

    fn finish(&mut self) -> Option<Request> {
        let samples = std::mem::take(&mut self.samples);
        if samples == 0 {
            return None;
        }
        let body = self.encoder.compress_vec(&self.bytes);
        self.bytes.clear();
        // an error is of more than 4 GiB, which no request has: the queue drops and counts an empty one
        Some(Request { body: body.unwrap_or_default().into(), samples })
    }
}

/// A metric as it was in the snapshot before.
fn older<'s>(
    before: Option<&'s Snapshot>,
    index: usize,
    now: &MetricSnapshot,
) -> Option<&'s MetricSnapshot> {
    let older = before?.metrics().get(index)?;
    let is_same = std::ptr::eq(older.metric().definition(), now.metric().definition());
    (is_same && older.list_identity() != now.list_identity()).then_some(older)
}

/// Marks the samples that were there and are no more. Lists are in the order of the tags: one pass over
/// both finds them.
fn mark_stale(
    draft: &mut Draft,
    older: &MetricSnapshot,
    now: &MetricSnapshot,
    family: &Family,
    labels: &mut Labels,
) {
    let mut place = 0;
    for old in 0..older.places() {
        let (Some(tags), Some(point)) = (older.tags_at(old), older.at(old)) else { continue };
        while now.tags_at(place).is_some_and(|now| now < tags) {
            place += 1;
        }
        let is_there = now.tags_at(place) == Some(tags);
        let value = is_there.then(|| now.at(place)).flatten().map(|point| point.value);
        if value.is_some() && !matches!(value, Some(SeriesValue::Exponential { .. })) {
            continue;
        }
        // of one that began anew under the same tags, the buckets that it has again stay
        let mut stay = Vec::new();
        if let Some(value) = value {
            samples(now.metric(), family.kind, value, &mut |sample| {
                stay.push((sample.suffix, sample.bound));
            });
        }
        let tags: Vec<&str> = tags.iter().collect();
        samples(older.metric(), family.kind, point.value, &mut |sample| {
            if !stay.contains(&(sample.suffix, sample.bound)) {
                let stale = Sample { value: f64::from_bits(STALE), ..sample };
                draft.add(labels, &tags, &stale);
            }
        });
    }
}
