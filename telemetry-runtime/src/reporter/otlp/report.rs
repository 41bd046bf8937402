//! One report of metrics: messages one after the other, and what is said of those that did not arrive.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::counts::Counts;
use super::delivery::{Delivery, Outcome};
use super::metrics::Encoder;
use super::signal::Signal;
use super::vitals;
use crate::config::Value as _;
use crate::error::Error;
use crate::store::snapshot::Snapshot;

/// Sends snapshots, one at a time.
pub(super) struct MetricsReport {
    pub(super) encoder: Encoder,
    pub(super) delivery: Delivery,
    /// For a report with all its tries.
    pub(super) limit: Duration,
    pub(super) counts: Vec<(Signal, Arc<Counts>)>,
}

impl MetricsReport {
    /// # Errors
    /// What was not taken. It is counted; of what nobody took now the next report tells.
    pub(super) async fn report(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let deadline = Instant::now() + self.limit;
        let mut cursor = self.encoder.begin();
        let mut failures = Vec::new();
        let own = || {
            let counts: Vec<(Signal, &Counts)> =
                self.counts.iter().map(|(signal, counts)| (*signal, &**counts)).collect();
            vitals::vitals(snapshot, &counts)
        };
        while let Some(part) = self.encoder.part(snapshot, &mut cursor, own) {
            let outcome = self.delivery.deliver(part.message(), part.points, deadline).await;
            if let Some(failure) = failure(&self.delivery, &outcome, part.points) {
                failures.push(failure);
            }
            if let Outcome::Unavailable(_) = outcome {
                return Err(Error::reporter(super::NAME, failures.join("; ")));
            }
            self.encoder.arrived(part);
        }
        self.encoder.complete(snapshot);
        if failures.is_empty() {
            return Ok(());
        }
        Err(Error::reporter(super::NAME, failures.join("; ")))
    }
}

/// What is to be said of a message that did not arrive whole.
pub(super) fn failure(delivery: &Delivery, outcome: &Outcome, items: u64) -> Option<String> {
    let target = delivery.target();
    let (to, what) = (target.endpoint.show(), target.signal.items());
    match outcome {
        Outcome::Accepted { rejected: 0, message } if message.is_empty() => None,
        Outcome::Accepted { rejected, message } => {
            Some(format!("{to} rejected {rejected} of {items} {what}: {message:?}"))
        }
        Outcome::Refused(why) => Some(format!("{to} refused {items} {what}: {why}")),
        Outcome::Unavailable(why) => Some(format!("{to} did not take {items} {what}: {why}")),
    }
}
