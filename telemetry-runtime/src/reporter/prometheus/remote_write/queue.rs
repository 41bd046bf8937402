//! What waits to be written: encoded requests, in order, within a limit of bytes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

/// The shortest and the longest wait after a failure.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
/// The longest that a receiver may ask for: one that wants more is asked again all the same.
const LONGEST_SILENCE: Duration = Duration::from_hours(1);

/// Requests that wait, the oldest first.
#[derive(Debug)]
pub(super) struct Queue {
    requests: VecDeque<Request>,
    bytes: usize,
    limit: usize,
    failures: u32,
    not_before: Option<Instant>,
    /// Why the first was not taken.
    failure: Option<String>,
    /// What became of all of them.
    pub(super) counts: Counts,
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) body: Bytes,
    pub(super) samples: u64,
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Samples that the receiver has taken.
    pub(super) sent: u64,
    /// Samples that it has refused for good.
    pub(super) refused: u64,
    /// Samples that there was no room for any more.
    pub(super) dropped: u64,
    /// Requests that were sent again.
    pub(super) retries: u64,
    /// Requests that the receiver has taken.
    pub(super) requests: u64,
    /// How long they were.
    pub(super) bytes: u64,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            requests: VecDeque::new(),
            bytes: 0,
            limit,
            failures: 0,
            not_before: None,
            failure: None,
            counts: Counts::default(),
        }
    }

    /// Adds one. Where there is no room the oldest ones are dropped: the newest says most.
    pub(super) fn push(&mut self, request: Request) {
        if request.body.is_empty() {
            self.counts.dropped += request.samples;
            return;
        }
        while self.bytes + request.body.len() > self.limit {
            let Some(oldest) = self.pop() else { break };
            self.counts.dropped += oldest.samples;
        }
        self.bytes += request.body.len();
        self.requests.push_back(request);
    }

    pub(super) fn first(&self) -> Option<&Request> {
        self.requests.front()
    }

    fn pop(&mut self) -> Option<Request> {
        let request = self.requests.pop_front()?;
        self.bytes -= request.body.len();
        Some(request)
    }

    /// The first was taken.
    pub(super) fn sent(&mut self) {
        if let Some(request) = self.pop() {
            self.counts.sent += request.samples;
            self.counts.requests += 1;
            self.counts.bytes += request.body.len() as u64;
        }
        self.forget_failures();
    }

    /// The first was refused, and would be again.
    pub(super) fn refused(&mut self) {
        self.counts.refused += self.pop().map_or(0, |request| request.samples);
        self.forget_failures();
    }

    fn forget_failures(&mut self) {
        (self.failures, self.not_before, self.failure) = (0, None, None);
    }

    /// The first is to be sent again, not before the receiver wants it and a time that doubles.
    pub(super) fn failed(&mut self, now: Instant, retry_after: Option<Duration>, why: String) {
        self.failure = Some(why);
        let doubled = SHORTEST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.counts.retries += 1;
        let wanted = retry_after.unwrap_or(doubled).min(LONGEST_SILENCE);
        self.not_before = now.checked_add(wanted.max(doubled));
    }

    /// Why the first was not taken the last time.
    pub(super) fn last_failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// How long it is until the first may be sent.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.not_before.map_or(Duration::ZERO, |time| time.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(bytes: usize) -> Request {
        Request { body: vec![0; bytes].into(), samples: bytes as u64 }
    }

    #[test]
    fn oldest_make_room_and_are_counted() {
        let mut queue = Queue::new(10);
        for bytes in [4, 5, 6] {
            queue.push(request(bytes));
        }
        assert_eq!(queue.counts.dropped, 9);
        queue.sent();
        assert!(queue.first().is_none());
        assert_eq!((queue.counts.sent, queue.bytes), (6, 0));
    }

    #[test]
    fn waits_double_up_to_a_limit_and_heed_the_receiver() {
        let (mut queue, now) = (Queue::new(10), Instant::now());
        queue.push(request(1));
        let mut waits = (0..12).map(|_| {
            queue.failed(now, None, String::new());
            queue.wait(now)
        });
        assert_eq!(waits.next(), Some(SHORTEST));
        assert_eq!(waits.next(), Some(SHORTEST * 2));
        assert_eq!(waits.last(), Some(LONGEST));
        queue.failed(now, Some(LONGEST * 3), String::new());
        assert_eq!(queue.wait(now), LONGEST * 3);
        // more than any clock has
        queue.failed(now, Some(Duration::MAX), String::new());
        assert_eq!(queue.wait(now), LONGEST_SILENCE);
        assert_eq!(queue.counts.retries, 14);
        queue.refused();
        assert_eq!((queue.wait(now), queue.counts.refused), (Duration::ZERO, 1));
    }
}
