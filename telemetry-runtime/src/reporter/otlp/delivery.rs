//! Brings one message after the other to the receiver, however often that takes.
//!
//! One request is on its way at a time. What may be taken later is tried again, after rests that grow
//! or as long as the receiver asks for, until the deadline; the receiver's wish for silence outlasts
//! that, and holds for the next message too.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::answer::Answer;
use super::client;
use super::counts::Counts;
use super::retry::Backoff;
use super::settings::Target;
use super::signal::Signal;
use super::values::{Compression, Protocol};
use crate::config::Value as _;
use crate::phase::{Phase, Phases};
use crate::reporter::outcome::ReportOutcome;
use crate::vocabulary::runtime::runtime;

/// The longest rest while the runtime stops and somebody waits for the end.
const STOPPING_REST: Duration = Duration::from_millis(200);

/// Where messages of one signal go, and how.
#[derive(Debug)]
pub(super) struct Delivery {
    target: Target,
    backoff: (Duration, Duration),
    counts: Arc<Counts>,
    phases: Phases,
    /// Until when the receiver wants to hear nothing.
    silent_until: Mutex<Option<Instant>>,
    #[cfg(feature = "otlp-grpc")]
    grpc: super::grpc::Channel,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// The receiver took it, all but what it rejected, and says why.
    Accepted { rejected: u64, message: String },
    /// The receiver will never take it.
    Refused(String),
    /// Nobody took it in time.
    Unavailable(String),
}

impl Delivery {
    pub(super) fn new(
        target: Target,
        backoff: (Duration, Duration),
        counts: Arc<Counts>,
        phases: Phases,
    ) -> Self {
        Self {
            #[cfg(feature = "otlp-grpc")]
            grpc: super::grpc::Channel::new(),
            target,
            backoff,
            counts,
            phases,
            silent_until: Mutex::new(None),
        }
    }

    /// What is counted of this signal.
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Where it goes.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Sends a message with so many items in it, until it is taken or refused, or the deadline. All of
    /// it is counted and told as `runtime.otlp.export`.
    pub(super) async fn deliver(&self, message: Vec<u8>, items: u64, deadline: Instant) -> Outcome {
        let began = Instant::now();
        let body = self.body(message);
        let bytes = body.len() as u64;
        let mut attempts = 0;
        let outcome = self.try_until(&body, deadline, &mut attempts).await;
        let counts = &self.counts;
        counts.retried.add(attempts.saturating_sub(1));
        let (outcome_name, rejected) = match &outcome {
            Outcome::Accepted { rejected, .. } => {
                let rejected = (*rejected).min(items);
                counts.exported.add(items - rejected);
                counts.rejected.add(rejected);
                ("accepted", rejected)
            }
            Outcome::Refused(_) => {
                counts.refused.add(items);
                ("refused", 0)
            }
            Outcome::Unavailable(_) => {
                counts.unavailable.add(items);
                ("unavailable", 0)
            }
        };
        telemetry::execute!(
            runtime.otlp.export,
            { duration: began.elapsed(), items, rejected, attempts, bytes },
            { signal: self.target.signal.as_str(), outcome: outcome_name }
        );
        self.tell(&outcome, began.elapsed(), (items, rejected, attempts, bytes));
        outcome
    }

    /// Executes the events that all reporters have.
    fn tell(
        &self,
        outcome: &Outcome,
        duration: Duration,
        (items, rejected, attempts, bytes): (u64, u64, u64, u64),
    ) {
        let told = ReportOutcome {
            reporter: super::NAME,
            destination: &self.target.endpoint.show(),
            duration,
            retried: attempts.saturating_sub(1),
            ..ReportOutcome::default()
        };
        match outcome {
            Outcome::Accepted { .. } => {
                let told = ReportOutcome { packets: 1, bytes, lines: items - rejected, ..told };
                told.tell([("rejected", rejected)]);
            }
            Outcome::Refused(_) => told.tell([("refused", items)]),
            // values are in the next report
            Outcome::Unavailable(_) if self.target.signal == Signal::Metrics => told.tell([]),
            Outcome::Unavailable(_) => told.tell([("unavailable", items)]),
        }
    }

    async fn try_until(&self, body: &Bytes, deadline: Instant, attempts: &mut u64) -> Outcome {
        let mut backoff = Backoff::new(self.backoff);
        let silent_until = *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = silent_until.filter(|until| *until > Instant::now()) {
            if until >= deadline || self.phases.current() >= Phase::Stopping {
                let rest = until.duration_since(Instant::now()).as_secs();
                return Outcome::Unavailable(format!(
                    "it wants to hear nothing for another {rest} s"
                ));
            }
            if self.rest(until).await {
                return Outcome::Unavailable(
                    "it wants to hear nothing, and the runtime stops".into(),
                );
            }
        }
        let mut last: Option<String> = None;
        loop {
            *attempts += 1;
            let until = deadline.min(Instant::now() + self.target.timeout);
            let answer = timeout_at(until, self.send(body.clone())).await;
            let (why, after) = match answer {
                Ok(Answer::Accepted { rejected, message }) => {
                    return Outcome::Accepted { rejected, message };
                }
                Ok(Answer::Refused(why)) => return Outcome::Refused(why),
                Ok(Answer::Later { why, after }) => (why, after),
                Ok(Answer::Unanswered(why)) => {
                    // Who waits for the end of the program does not wait for a receiver to begin.
                    if self.phases.current() >= Phase::Stopping {
                        return Outcome::Unavailable(why);
                    }
                    (why, None)
                }
                // Cut by the end of all tries, which says less than what the last one ended with.
                Err(_)
                    if until == deadline
                        && let Some(last) = last.take() =>
                {
                    (last, None)
                }
                Err(_) => ("it did not answer in time".to_owned(), None),
            };
            let again = Instant::now() + after.unwrap_or_else(|| backoff.rest());
            if after.is_some() {
                *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(again);
            }
            let wants_silence = after.is_some() && self.phases.current() >= Phase::Stopping;
            if again >= deadline || wants_silence || (self.rest(again).await && after.is_some()) {
                return Outcome::Unavailable(why);
            }
            last = Some(why);
        }
    }

    /// Rests until then, or shortly while the runtime stops. The rest ends when the runtime begins to stop, and
    /// gives whether it does.
    async fn rest(&self, until: Instant) -> bool {
        if self.phases.current() >= Phase::Stopping {
            sleep_until(until.min(Instant::now() + STOPPING_REST)).await;
            return false;
        }
        timeout_at(until, self.phases.reached(Phase::Stopping)).await.is_ok()
    }

    async fn send(&self, body: Bytes) -> Answer {
        match self.target.protocol {
            Protocol::Http => client::post(&self.target, body).await,
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => self.grpc.call(&self.target, body).await,
            // It is not read as a value without the feature.
            #[cfg(not(feature = "otlp-grpc"))]
            Protocol::Grpc => Answer::Refused("this program is built without gRPC".into()),
        }
    }

    /// As it travels. gRPC compresses by itself.
    fn body(&self, message: Vec<u8>) -> Bytes {
        let is_http = self.target.protocol == Protocol::Http;
        if !is_http || self.target.compression == Compression::None {
            return message.into();
        }
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        // Writing to memory does not fail.
        let _ = encoder.write_all(&message);
        encoder.finish().unwrap_or_default().into()
    }
}
