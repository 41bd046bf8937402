//! The body of an answer: a page that is written while it is sent.
//!
//! The next piece is written when the last one is taken, so a slow reader has one piece in memory and
//! not the page. Between two pieces the thread is given to others.

use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body::{Body, Frame};

use super::page::{PIECE, Page};
use super::vitals::Scrapes;
use crate::reporter::outcome::ReportOutcome;
use crate::store::snapshot::Snapshot;

/// Room in a piece for the series that ends it.
const SLACK: usize = 4 * 1024;
/// Compressed pieces are at least as long, but the last.
const COMPRESSED: usize = 16 * 1024;

/// A page on its way to a scraper.
pub(super) struct Streamed {
    snapshot: Snapshot,
    page: Page,
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// When the scraper has gone.
    deadline: Option<Instant>,
    scrapes: Arc<Scrapes>,
    began: Instant,
    /// What was given away so far.
    bytes: u64,
    is_over: bool,
    /// Whether others had the thread since the last piece.
    has_yielded: bool,
}

/// The scraper's time was over before all was written.
#[derive(Debug)]
pub(super) struct Late;

impl std::fmt::Display for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the scraper's timeout passed before all metrics were written")
    }
}

impl std::error::Error for Late {}

impl Streamed {
    pub(super) fn new(
        snapshot: Snapshot,
        page: Page,
        gzip: bool,
        deadline: Option<Instant>,
        scrapes: Arc<Scrapes>,
    ) -> Self {
        // the fastest: a page shrinks to a tenth with it
        let encoder = gzip.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
        Self {
            snapshot,
            page,
            encoder,
            deadline,
            scrapes,
            began: Instant::now(),
            bytes: 0,
            is_over: false,
            has_yielded: true,
        }
    }

    /// The next piece as it is sent, which may be empty.
    fn piece(&mut self) -> std::io::Result<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE + SLACK);
        self.is_over = !self.page.write(&self.snapshot, &mut piece);
        let Some(encoder) = &mut self.encoder else { return Ok(piece) };
        encoder.write_all(&piece)?;
        if self.is_over {
            encoder.try_finish()?;
        } else if encoder.get_ref().len() < COMPRESSED {
            return Ok(Vec::new());
        }
        Ok(std::mem::take(encoder.get_mut()))
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if !self.has_yielded {
            self.has_yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_yielded = false;
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.is_over = true;
            self.scrapes.late.fetch_add(1, Ordering::Relaxed);
            return Poll::Ready(Some(Err(Late.into())));
        }
        match self.piece() {
            Ok(piece) if piece.is_empty() && self.is_over => Poll::Ready(None),
            Ok(piece) if piece.is_empty() => {
                self.has_yielded = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Ok(piece) => {
                self.bytes += piece.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(piece.into()))))
            }
            Err(error) => Poll::Ready(Some(Err(error.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}

impl Drop for Streamed {
    /// Tells what became of the answer, which was taken to its end or not.
    fn drop(&mut self) {
        let series = self.snapshot.metrics().iter().map(|metric| metric.places() as u64);
        let left = series.sum::<u64>() - self.page.written();
        let outcome = ReportOutcome {
            reporter: super::NAME,
            // a scraper does not say who it is
            destination: "",
            duration: self.began.elapsed(),
            packets: u64::from(left == 0),
            bytes: self.bytes,
            lines: self.page.written(),
            retried: 0,
        };
        outcome.tell([("broken_off", left)]);
    }
}
