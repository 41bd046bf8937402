//! Sends requests as they are made, and keeps those that nobody takes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};

use super::super::endpoint::Endpoint;
use super::queue::{Counts, Queue};
use super::round::Round;
use crate::admin::Body;
use crate::reporter::outcome::ReportOutcome;
use crate::store::snapshot::Snapshot;

/// How long one request may take.
const WITHIN: Duration = Duration::from_secs(10);
const HEADERS: [(&str, &str); 3] = [
    ("content-type", "application/x-protobuf"),
    ("content-encoding", "snappy"),
    ("x-prometheus-remote-write-version", "0.1.0"),
];

/// The way to a receiver.
#[derive(Debug)]
pub(super) struct Delivery {
    endpoint: Endpoint,
    /// Labels of all series that do not have them themselves.
    external: BTreeMap<String, String>,
    queue: Queue,
    /// The last one of which all requests were made.
    previous: Option<Snapshot>,
}

/// What has become of a report so far.
struct Outcome {
    /// When there is no time left.
    until: Instant,
    /// Why something was refused for good.
    refused: Option<String>,
    /// Why something waits.
    waits: Option<String>,
}

impl Delivery {
    pub(super) fn new(
        endpoint: Endpoint,
        external: BTreeMap<String, String>,
        queue_bytes: usize,
    ) -> Self {
        Self { endpoint, external, queue: Queue::new(queue_bytes), previous: None }
    }

    /// Sends all samples of a snapshot behind what waits.
    ///
    /// # Errors
    /// What was refused, or why something waits.
    pub(super) async fn report(
        &mut self,
        snapshot: &Snapshot,
        until: Instant,
    ) -> Result<(), String> {
        let (began, before) = (Instant::now(), self.queue.counts);
        let mut outcome = Outcome { until, refused: None, waits: None };
        let previous = self.previous.clone();
        let mut round = Round::new(snapshot, previous.as_ref(), &self.external);
        while let Some(request) = round.request(&self.queue.counts) {
            self.queue.push(request);
            // others have the thread between two requests, if nothing can be sent as well
            tokio::task::yield_now().await;
            self.send(&mut outcome).await;
        }
        self.send(&mut outcome).await;
        self.previous = Some(snapshot.clone());
        self.tell(before, began.elapsed());
        let Outcome { refused, waits, .. } = outcome;
        match (waits, refused) {
            (Some(why), _) => Err(format!("{}: {why}; what waits is sent later", self.endpoint)),
            (None, Some(why)) => Err(format!("{} refuses samples: {why}", self.endpoint)),
            (None, None) => Ok(()),
        }
    }

    /// Sends what waits, in order, until nothing does or the time is over.
    async fn send(&mut self, outcome: &mut Outcome) {
        while outcome.waits.is_none()
            && let Some(request) = self.queue.first()
        {
            let wait = self.queue.wait(Instant::now());
            if Instant::now() + wait > outcome.until {
                let why = || "it is too early to ask again".to_owned();
                outcome.waits = Some(self.queue.last_failure().map_or_else(why, str::to_owned));
                return;
            }
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            let body = Body::from(request.body.clone());
            match self.endpoint.send(Method::POST, "", &HEADERS, body, WITHIN).await {
                Ok(answer) if answer.status.is_success() => self.queue.sent(),
                Ok(answer) => {
                    let why = format!("{} {}", answer.status, answer.text);
                    let is_passing = answer.status == StatusCode::TOO_MANY_REQUESTS
                        || answer.status.is_server_error();
                    if is_passing {
                        self.queue.failed(Instant::now(), answer.retry_after, why);
                    } else {
                        self.queue.refused();
                        outcome.refused = Some(why);
                    }
                }
                Err(error) => self.queue.failed(Instant::now(), None, error.to_string()),
            }
        }
    }

    /// Executes the events of a report.
    fn tell(&self, before: Counts, duration: Duration) {
        let since = |count: fn(&Counts) -> u64| count(&self.queue.counts) - count(&before);
        let outcome = ReportOutcome {
            reporter: super::NAME,
            destination: &self.endpoint.to_string(),
            duration,
            packets: since(|counts| counts.requests),
            bytes: since(|counts| counts.bytes),
            lines: since(|counts| counts.sent),
            retried: since(|counts| counts.retries),
        };
        outcome.tell([
            ("refused", since(|counts| counts.refused)),
            ("queue_full", since(|counts| counts.dropped)),
        ]);
    }
}
