//! What is fuzzed of remote-write: see [`crate::fuzzing`].

use std::collections::BTreeMap;
use std::iter;
use std::time::{Duration, Instant};

use http::HeaderValue;

use super::super::endpoint;
use super::queue::{Counts, Queue};
use super::round::Round;
use crate::store::snapshot::Snapshot;

/// The bodies of the requests of each of these rounds, with an external label `job`.
pub fn bodies(rounds: &[Snapshot], job: &str) -> Vec<Vec<Vec<u8>>> {
    let external = BTreeMap::from([("job".to_owned(), job.to_owned())]);
    let before = iter::once(None).chain(rounds.iter().map(Some));
    let requests = |(snapshot, before)| {
        let mut round = Round::new(snapshot, before, &external);
        let requests = iter::from_fn(|| round.request(&Counts::default()));
        requests.map(|request| request.body.to_vec()).collect()
    };
    rounds.iter().zip(before).map(requests).collect()
}

/// How long nothing is sent to a receiver that failed with this `Retry-After`.
pub fn rest(after: &HeaderValue) -> Duration {
    let (mut queue, now) = (Queue::new(0), Instant::now());
    queue.failed(now, endpoint::retry_after(after), String::new());
    queue.wait(now)
}
