//! What the receiver knows of each series: since when it is counted, and what was delivered last.
//!
//! It is brought forward only when a report has arrived. So a delta always begins where the last one
//! that arrived has ended: what could not be sent is in the next one, nothing waits in a queue, and
//! memory is bounded by the number of series. A series that expired and began anew, which its tags do
//! not tell, is known by its tags being another object.

use std::collections::HashMap;

use crate::store::snapshot::{Exponential, Tags, Total};

/// What was delivered, by metric and tags.
#[derive(Debug, Default)]
pub(super) struct Past {
    metrics: HashMap<String, HashMap<Tags, Known>>,
    /// When the last report was taken of which everything has arrived.
    complete: Option<u64>,
    /// The number of the report that is being sent.
    report: u64,
}

/// What was delivered of one series.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Of this incarnation of the series.
    pub(super) tags: Tags,
    /// Since when it is counted, in nanoseconds since the Unix epoch.
    pub(super) start: u64,
    /// Until when that is known to the receiver.
    pub(super) until: u64,
    pub(super) value: Delivered,
    report: u64,
}

/// The value that was delivered, as far as a difference to it will be wanted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Delivered {
    Nothing,
    Count(u64),
    Total(Total),
    Fixed(Box<[u64]>, Total),
    Exponential(Exponential, Total),
}

/// What will be known when a report has arrived.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) metric: String,
    pub(super) tags: Tags,
    pub(super) start: u64,
    pub(super) until: u64,
    pub(super) value: Delivered,
}

/// Since when the next value of a series counts, and what to subtract from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since<'p> {
    /// When the series began.
    pub(super) start: u64,
    /// Until when the receiver knows it.
    pub(super) until: u64,
    pub(super) delivered: &'p Delivered,
}

impl Past {
    /// What the receiver knows of a series, of a program that counts since `started`.
    pub(super) fn since(&self, metric: &str, tags: &Tags, started: u64) -> Since<'_> {
        let known = self.metrics.get(metric).and_then(|series| series.get(tags));
        match known {
            Some(known) if known.tags.is_of_one_series_with(tags) => {
                Since { start: known.start, until: known.until, delivered: &known.value }
            }
            // The last one of these tags was still there when the receiver heard of it.
            Some(known) => {
                let (start, until) = (known.until, known.until);
                Since { start, until, delivered: &Delivered::Nothing }
            }
            // It was not there when the last report was taken.
            None => {
                let start = self.complete.unwrap_or(started);
                Since { start, until: start, delivered: &Delivered::Nothing }
            }
        }
    }

    /// A part of a report has arrived, or never will.
    pub(super) fn arrived(&mut self, changes: Vec<Change>) {
        for Change { metric, tags, start, until, value } in changes {
            let known = Known { tags: tags.clone(), start, until, value, report: self.report };
            let series = self.metrics.entry(metric).or_default();
            // The key is that of this incarnation too, so that nothing of the last one is kept.
            series.remove(&tags);
            series.insert(tags, known);
        }
    }

    /// All parts of a report have arrived: series that were not in it are gone.
    pub(super) fn complete(&mut self, taken: u64) {
        let report = self.report;
        for series in self.metrics.values_mut() {
            series.retain(|_, known| known.report == report);
        }
        self.metrics.retain(|_, series| !series.is_empty());
        self.complete = Some(taken);
    }

    /// A report begins.
    pub(super) fn begin(&mut self) {
        self.report += 1;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.metrics.values().map(HashMap::len).sum()
    }
}
