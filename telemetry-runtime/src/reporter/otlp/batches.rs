//! Takes spans from the queue, and sends them in batches: when one is full, or after a while.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use prost::Message as _;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::counts::Counts;
use super::delivery::{Delivery, Outcome};
use super::message::Resource;
use super::message::trace::{Request, ResourceSpans, ScopeSpans, Span};
use super::queue::{Ended, Exit, queue};
use super::resource::Packages;
use super::settings::SpansConfigured;
use super::spans::{Listening, listen};
use crate::config::Value as _;
use crate::error::Error;
use crate::log::Log;
use crate::panics;
use crate::reporter::Start;
use crate::reporter::outcome::tell_dropped;
use crate::stop::Stop;
use crate::supervisor::Child;
use crate::vocabulary::runtime::runtime;

/// How long the last batches may take, where a shutdown gives so much.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// Sends spans, as a child that outlives its runs.
#[derive(Clone)]
pub(super) struct Batches {
    shared: Arc<Shared>,
}

struct Shared {
    exit: Mutex<Exit>,
    /// Until the stop.
    listening: Lock<Option<Listening>>,
    delivery: Delivery,
    resource: Resource,
    packages: Packages,
    delay: Duration,
    /// For a batch with all its tries.
    limit: Duration,
    batch_size: usize,
    log: Log,
    /// How many of those that there was no room for have been told of.
    told_dropped: AtomicU64,
    /// How many of the texts that were cut off have been told of.
    told_cut: AtomicU64,
}

impl Batches {
    /// Listens to the spans.
    ///
    /// # Errors
    /// When the handler cannot be attached.
    pub(super) fn start(
        configured: SpansConfigured,
        backoff: (Duration, Duration),
        resource: Resource,
        counts: Arc<Counts>,
        start: &Start<'_>,
    ) -> Result<Self, Error> {
        let SpansConfigured { target, sampler, delay, limit, queue_size, batch_size } = configured;
        let (entrance, exit) = queue(queue_size, batch_size, counts.clone());
        let shared = Shared {
            exit: Mutex::new(exit),
            listening: Lock::new(Some(listen(sampler, entrance)?)),
            delivery: Delivery::new(target, backoff, counts, start.phases.clone()),
            resource,
            packages: Packages::linked(),
            delay,
            limit,
            batch_size,
            log: start.log.clone(),
            told_dropped: AtomicU64::new(0),
            told_cut: AtomicU64::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    pub(super) fn child(&self) -> Child {
        let batches = self.clone();
        let run = move |stop: Stop| {
            let batches = batches.clone();
            async move { batches.shared.run(&stop).await }
        };
        Child::task("otlp-spans", run)
            .label("the spans of the reporter \"otlp\"")
            .stop_within(STOP_WITHIN)
    }
}

impl Shared {
    async fn run(&self, stop: &Stop) {
        let mut exit = self.exit.lock().await;
        while !stop.is_requested() {
            tokio::select! {
                biased;
                () = stop.requested() => break,
                () = exit.is_full() => {}
                () = tokio::time::sleep(self.delay) => {}
            }
            self.send_all(&mut exit, stop).await;
            self.tell();
        }
        // What ends from now on is nobody's.
        drop(self.listening.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.tell();
        self.send_all(&mut exit, stop).await;
    }

    /// Tells of spans that there was no room for, and of texts that were cut off, since the last time.
    fn tell(&self) {
        let cut = self.delivery.counts().cut.read();
        let texts = cut - self.told_cut.swap(cut, Ordering::Relaxed);
        if texts > 0 {
            telemetry::execute!(runtime.otlp.cut, { texts });
        }
        let dropped = self.delivery.counts().queue_full.read();
        let items = dropped - self.told_dropped.swap(dropped, Ordering::Relaxed);
        if items > 0 {
            telemetry::execute!(runtime.otlp.dropped, { items }, { reason: "queue_full" });
            tell_dropped(super::NAME, &self.delivery.target().endpoint.show(), "queue_full", items);
            self.say(&format!("{items} spans were dropped, since the queue was full: OTEL_BSP_MAX_QUEUE_SIZE says how many may wait"));
        }
    }

    fn say(&self, line: &str) {
        // A sink that panics is no failure of the reporter.
        let _ = panics::catch(|| (self.log)(&format!("telemetry: spans: {line}")));
    }

    /// Sends what waits, batch by batch; stops at the first that nobody takes when there is no time left
    /// to try others.
    async fn send_all(&self, exit: &mut Exit, stop: &Stop) {
        loop {
            let batch = exit.take(self.batch_size);
            if batch.is_empty() {
                return;
            }
            let items = batch.len() as u64;
            let mut left = Left { delivery: &self.delivery, batch: items, waiting: exit };
            let deadline = Instant::now() + self.limit;
            let message = self.request(batch).encode_to_vec();
            let outcome = self.delivery.deliver(message, items, deadline).await;
            left.batch = 0;
            if let Some(failure) = super::report::failure(&self.delivery, &outcome, items) {
                self.say(&failure);
            }
            if matches!(outcome, Outcome::Unavailable(_)) && stop.is_requested() {
                // `left` counts the rest.
                return;
            }
            left.forget();
        }
    }

    fn request(&self, batch: Vec<Ended>) -> Request {
        let mut packages: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
        for Ended { package, span } in batch {
            packages.entry(package).or_default().push(span);
        }
        let scope_spans = packages
            .into_iter()
            .map(|(package, spans)| ScopeSpans { scope: Some(self.packages.scope(package)), spans })
            .collect();
        let resource = Some(self.resource.clone());
        Request { resource_spans: vec![ResourceSpans { resource, scope_spans }] }
    }
}

/// Counts what is left where a run ends in the middle of a batch: the batch, and what waits.
struct Left<'l> {
    delivery: &'l Delivery,
    batch: u64,
    waiting: &'l mut Exit,
}

impl Left<'_> {
    /// The run goes on.
    fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        let waiting = self.waiting.take(usize::MAX).len() as u64;
        let items = self.batch + waiting;
        self.delivery.counts().stopped.add(items);
        if items > 0 {
            telemetry::execute!(runtime.otlp.dropped, { items }, { reason: "stopped" });
            tell_dropped(super::NAME, &self.delivery.target().endpoint.show(), "stopped", items);
        }
    }
}
