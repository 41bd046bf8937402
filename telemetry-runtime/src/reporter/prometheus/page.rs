//! One exposition, written piece by piece: the application's metrics, then what the toolkit says of
//! itself.
//!
//! A page is a place in a snapshot. Each call writes on from there until the piece is as
//! long as it should be, so that a page of a million series needs no more memory than one piece, and
//! the thread is given back between two.

use std::sync::Arc;

use super::family::Family;
use super::labels::{LabelCache, Names, Source};
use super::negotiation::Format;
use super::protobuf::Protobuf;
use super::text::Text;
use super::vitals::{self, Scrapes};
use crate::store::snapshot::Snapshot;

/// A piece is as long, and a series more at the most.
pub(super) const PIECE: usize = 64 * 1024;

/// An exposition that is being written.
#[derive(Debug)]
pub(super) struct Page {
    labels: Arc<LabelCache>,
    scrapes: Option<Arc<Scrapes>>,
    writer: Writer,
    step: Step,
    /// Of the metrics so far, with those that there is nothing to say of yet.
    written: u64,
}

#[derive(Debug)]
enum Writer {
    Text(Text),
    Protobuf(Box<Protobuf>),
}

/// What is written next.
#[derive(Debug)]
enum Step {
    /// The metric at this place begins.
    Metric(usize),
    /// A metric's series, from a place on.
    Series {
        metric: usize,
        place: usize,
        family: Family,
        source: Source,
    },
    Vitals,
    End,
}

impl Page {
    /// `created`: whether OpenMetrics says since when is counted.
    pub(super) fn new(
        snapshot: &Snapshot,
        format: Format,
        created: bool,
        labels: Arc<LabelCache>,
        scrapes: Option<Arc<Scrapes>>,
    ) -> Self {
        let started = snapshot.started();
        let writer = match format {
            Format::Text => Writer::Text(Text::plain()),
            Format::OpenMetrics => Writer::Text(Text::open(created.then_some(started))),
            Format::Protobuf => Writer::Protobuf(Box::new(Protobuf::new(started, snapshot.tags()))),
        };
        labels.follow(snapshot);
        Self { labels, scrapes, writer, step: Step::Metric(0), written: 0 }
    }

    /// Writes the next piece, which may be empty; `false` when that was the last. The snapshot is that
    /// of the beginning.
    pub(super) fn write(&mut self, snapshot: &Snapshot, piece: &mut Vec<u8>) -> bool {
        while piece.len() < PIECE {
            match &mut self.step {
                Step::Metric(index) => {
                    let index = *index;
                    self.step = self.begin(snapshot, index, piece);
                }
                Step::Series { .. } => {
                    if !self.series(snapshot, piece) {
                        return true;
                    }
                }
                Step::Vitals => {
                    for vital in vitals::read(snapshot, self.scrapes.as_deref()) {
                        match &mut self.writer {
                            Writer::Text(text) => text.vital(piece, &vital),
                            Writer::Protobuf(protobuf) => protobuf.vital(piece, &vital),
                        }
                    }
                    if let Writer::Text(text) = &self.writer {
                        text.end(piece);
                    }
                    self.step = Step::End;
                }
                Step::End => return false,
            }
        }
        true
    }

    /// What stands before the series of the metric at this place.
    fn begin(&mut self, snapshot: &Snapshot, index: usize, piece: &mut Vec<u8>) -> Step {
        let Some(metric) = snapshot.metrics().get(index) else { return Step::Vitals };
        let family = Family::of(metric.metric());
        let source = match &mut self.writer {
            Writer::Text(text) => {
                text.head(piece, metric.metric(), &family);
                let names = Names::new(snapshot.tags(), &family.labels);
                self.labels.source(metric, names)
            }
            Writer::Protobuf(protobuf) => {
                protobuf.begin();
                Source::none()
            }
        };
        Step::Series { metric: index, place: 0, family, source }
    }

    /// Writes series of one metric; `false` when the piece should be sent before more is done.
    fn series(&mut self, snapshot: &Snapshot, piece: &mut Vec<u8>) -> bool {
        let Step::Series { metric: index, place, family, source } = &mut self.step else {
            return true;
        };
        let next = *index + 1;
        let Some(metric) = snapshot.metrics().get(*index) else { return true };
        match &mut self.writer {
            Writer::Protobuf(protobuf) => {
                if !protobuf.series(piece, metric, family, place) {
                    return false;
                }
            }
            Writer::Text(text) => {
                while *place < metric.places() {
                    if piece.len() >= PIECE {
                        return false;
                    }
                    let labels = source.at(metric, *place);
                    if let Some(point) = metric.at(*place) {
                        text.series(piece, metric, family, labels, point);
                    }
                    *place += 1;
                }
                self.labels.keep(metric, std::mem::replace(source, Source::none()));
            }
        }
        self.written += metric.places() as u64;
        self.step = Step::Metric(next);
        true
    }

    /// How many series were written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }
}
