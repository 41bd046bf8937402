//! Spans that wait to be sent: a bounded number of them.
//!
//! Who ends a span puts it here without a lock and never waits; where there is no room the span is
//! dropped, and counted. Nobody is woken for a single one: only when there are as many as a batch has.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use super::counts::Counts;
use super::message::trace::Span;

/// A span that has ended, with the package that declares it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ended {
    pub(super) package: &'static str,
    pub(super) span: Span,
}

/// Where spans are put.
#[derive(Debug)]
pub(super) struct Entrance {
    sender: mpsc::Sender<Ended>,
    batch: usize,
    is_full: Arc<Notify>,
    counts: Arc<Counts>,
}

/// Where they are taken.
#[derive(Debug)]
pub(super) struct Exit {
    receiver: mpsc::Receiver<Ended>,
    is_full: Arc<Notify>,
}

/// A queue of `size` spans at the most, of which a batch has `batch`.
pub(super) fn queue(size: usize, batch: usize, counts: Arc<Counts>) -> (Entrance, Exit) {
    let (sender, receiver) = mpsc::channel(size);
    let is_full = Arc::new(Notify::new());
    let entrance = Entrance { sender, batch, is_full: is_full.clone(), counts };
    (entrance, Exit { receiver, is_full })
}

impl Entrance {
    /// Whether there is room at this moment; where there is none the span is counted as dropped, and
    /// need not be made.
    pub(super) fn has_room(&self) -> bool {
        let has_room = self.sender.capacity() > 0;
        if !has_room {
            self.counts.queue_full.add(1);
        }
        has_room
    }

    /// So many texts of a span were cut off.
    pub(super) fn has_cut(&self, texts: u64) {
        self.counts.cut.add(texts);
    }

    pub(super) fn put(&self, ended: Ended) {
        match self.sender.try_send(ended) {
            Ok(()) => {
                let waiting = self.sender.max_capacity() - self.sender.capacity();
                if waiting >= self.batch {
                    self.is_full.notify_one();
                }
            }
            Err(_) => self.counts.queue_full.add(1),
        }
    }
}

impl Exit {
    /// Ready when a batch is full, unless it was told already.
    pub(super) async fn is_full(&self) {
        self.is_full.notified().await;
    }

    /// As many as there are, and not more than `batch`.
    pub(super) fn take(&mut self, batch: usize) -> Vec<Ended> {
        std::iter::from_fn(|| self.receiver.try_recv().ok()).take(batch).collect()
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.receiver.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(name: &str) -> Ended {
        Ended { package: "shop", span: Span { name: name.into(), ..Span::default() } }
    }

    #[tokio::test]
    async fn what_there_is_no_room_for_is_dropped_and_counted_and_who_puts_it_does_not_wait() {
        let counts: Arc<Counts> = Arc::default();
        let (entrance, mut exit) = queue(3, 2, counts.clone());
        for name in ["a", "b", "c", "d", "e"] {
            entrance.put(ended(name));
        }
        assert!(!entrance.has_room());
        assert_eq!((exit.len(), counts.queue_full.read()), (3, 3));
        exit.is_full().await;
        assert_eq!(exit.take(2), [ended("a"), ended("b")]);
        assert_eq!(exit.take(2), [ended("c")]);
        assert!(entrance.has_room() && exit.take(2).is_empty());
        assert_eq!(counts.queue_full.read(), 3);
    }
}
