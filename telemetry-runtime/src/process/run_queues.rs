//! `vm.total_run_queue_lengths`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::executor::Executor;
use super::growth::Growths;
use super::threads::Thread;
use super::{identity, system};
use crate::vocabulary::vm::vm;

/// How long each thread had waited, and when that was read.
#[derive(Default)]
struct Waited {
    threads: Growths<i32>,
    read: Option<Instant>,
}

pub(super) fn execute(executors: &[Executor]) {
    let threads = system::threads();
    let waiting = threads.as_deref().and_then(waiting_for_a_processor);
    let tasks = Executor::queued_tasks(executors);
    // What is known of neither is absent; what only one of them tells is that.
    let cpu = match (waiting, tasks) {
        (None, None) => None,
        (waiting, tasks) => Some(waiting.unwrap_or(0.0) + as_float(tasks.unwrap_or(0))),
    };
    let io = threads.map(|threads| {
        as_float(threads.iter().filter(|thread| thread.waits_for_storage).count() as u64)
    });
    let total = match (cpu, io) {
        (None, None) => None,
        (cpu, io) => Some(cpu.unwrap_or(0.0) + io.unwrap_or(0.0)),
    };
    telemetry::execute!(vm.total_run_queue_lengths, { total, cpu, io });
}

/// The time that threads waited in a second of time is how many of them waited, on average.
fn waiting_for_a_processor(threads: &[Thread]) -> Option<f64> {
    static WAITED: Mutex<Option<Waited>> = Mutex::new(None);

    let mut waited = WAITED.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = waited.get_or_insert_default();
    let now = Instant::now();
    let window = match waited.read.replace(now) {
        Some(read) => now.duration_since(read),
        None => identity::uptime()?,
    };
    let totals = threads.iter().map(|thread| (thread.id, thread.waited));
    let growth: Duration = waited.threads.of(totals).iter().sum();
    let average = growth.as_secs_f64() / window.as_secs_f64();
    average.is_finite().then_some(average)
}

/// A queue of more than 2^52 tasks would be rounded.
#[expect(clippy::cast_precision_loss, reason = "such queues do not fit into memory")]
fn as_float(count: u64) -> f64 {
    count as f64
}
