//! What is fuzzed of remote-write: see [`crate::fuzzing`].

use std::collections::{BTreeMap, HashMap};
use std::task::{Context, Poll, Waker};

use super::super::endpoint::{Credentials, Endpoint};
use super::super::queue::Queue;
use super::Running;
use crate::store::snapshot::Snapshot;

/// The bodies of the requests of each of these rounds, with an external label `job`.
pub fn bodies(rounds: &[Snapshot], job: &str) -> Vec<Vec<Vec<u8>>> {
    let Ok(endpoint) = Endpoint::new("it", "http://localhost", &Credentials::default()) else {
        return Vec::new();
    };
    let external = BTreeMap::from([("job".to_owned(), job.to_owned())]);
    let queue = Queue::new(usize::MAX);
    let mut running = Running { endpoint, external, queue, known: HashMap::new(), round: 0 };
    let round = |snapshot: &Snapshot| {
        ready(running.take(snapshot));
        let mut bodies = Vec::new();
        while let Some(request) = running.queue.first() {
            bodies.push(request.body.to_vec());
            running.queue.sent();
        }
        bodies
    };
    rounds.iter().map(round).collect()
}

/// Polls a future that waits for nothing until it is ready.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
