//! `vm.tokio`: what a Tokio runtime of the application tells of itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeMetrics};

use crate::poller::Poll;
use crate::vocabulary::vm::vm;

/// A Tokio runtime and its name. Keeps none of its threads alive.
#[derive(Debug, Clone)]
pub(super) struct Executor {
    pub(super) name: Arc<str>,
    pub(super) handle: Handle,
}

/// Each runtime once, under its own name, or `main` for the first without one, `tokio 2` and so on.
pub(super) fn named(handles: Vec<Handle>) -> Vec<Executor> {
    let mut executors: Vec<Executor> = Vec::new();
    for handle in handles {
        if executors.iter().any(|known| known.handle.id() == handle.id()) {
            continue;
        }
        let number = executors.len() + 1;
        let own = handle.name().filter(|own| executors.iter().all(|known| *known.name != **own));
        let name = match own {
            Some(own) => own.into(),
            None if number == 1 => "main".into(),
            None => format!("tokio {number}").into(),
        };
        executors.push(Executor { name, handle });
    }
    executors
}

impl Executor {
    /// The tasks of all of them that have not ended; `None` where there is no runtime.
    pub(super) fn alive_tasks(executors: &[Self]) -> Option<u64> {
        let counts = executors.iter().map(|executor| executor.handle.metrics().num_alive_tasks());
        (!executors.is_empty()).then(|| counts.sum::<usize>() as u64)
    }

    /// The tasks in the global queues of all of them; `None` where there is no runtime.
    pub(super) fn queued_tasks(executors: &[Self]) -> Option<u64> {
        let depths =
            executors.iter().map(|executor| executor.handle.metrics().global_queue_depth());
        (!executors.is_empty()).then(|| depths.sum::<usize>() as u64)
    }

    pub(super) fn poll(&self) -> Poll {
        let Self { name, handle } = self.clone();
        let mut last = Busy::read(&handle.metrics());
        let execute = move || {
            let metrics = handle.metrics();
            let busy = Busy::read(&metrics);
            let shares = busy.shares_since(&std::mem::replace(&mut last, busy.clone()));
            telemetry::execute!(
                vm.tokio,
                {
                    workers: metrics.num_workers() as u64,
                    alive_tasks: metrics.num_alive_tasks() as u64,
                    queue_depth: metrics.global_queue_depth() as u64,
                    busy: mean(&shares),
                    busiest: shares.iter().copied().reduce(f64::max),
                },
                { runtime: &name }
            );
        };
        Poll::new(format!("vm.tokio {}", self.name), execute).while_heard(&vm::tokio)
    }
}

/// How long each worker had been busy, at some moment.
#[derive(Debug, Clone)]
struct Busy {
    at: Instant,
    workers: Vec<Duration>,
}

impl Busy {
    /// Without workers where the processor has no counters that are wide enough.
    fn read(metrics: &RuntimeMetrics) -> Self {
        #[cfg(target_has_atomic = "64")]
        let workers = (0..metrics.num_workers())
            .map(|worker| metrics.worker_total_busy_duration(worker))
            .collect();
        #[cfg(not(target_has_atomic = "64"))]
        let workers = {
            let _ = metrics;
            Vec::new()
        };
        Self { at: Instant::now(), workers }
    }

    /// The share of the time since `last` that each worker was busy. Tokio counts a stretch of work
    /// when it ends, so that one that began before may seem longer than the time.
    fn shares_since(&self, last: &Self) -> Vec<f64> {
        let window = self.at.duration_since(last.at).as_secs_f64();
        let growths = self
            .workers
            .iter()
            .zip(&last.workers)
            .map(|(now, last)| (now.saturating_sub(*last).as_secs_f64() / window).min(1.0));
        growths.filter(|share| share.is_finite()).collect()
    }
}

fn mean(shares: &[f64]) -> Option<f64> {
    // More than 2^32 workers there are not.
    let count = u32::try_from(shares.len()).ok().filter(|count| *count > 0)?;
    Some(shares.iter().sum::<f64>() / f64::from(count))
}
