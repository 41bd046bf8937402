//! The built-in polls: what the system, the allocator and Tokio tell of this process, as events of
//! the vocabulary `vm`.
//!
//! Every runtime has them, under the names of their events. One is called only while somebody listens
//! to its event, so what no metric and no handler asks for is not read and costs nothing; together
//! they take well under a millisecond. What cannot be known is absent, never 0: on other systems than
//! Linux that is nearly everything.
//!
//! What has passed (processor time, bytes read) is told *since the last execution*, by whatever
//! runtime of the process, and the first time since the process's start: a `sum` of it is the
//! process's total.

// Elsewhere there is nothing that these readings are made of.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

mod counts;
mod cpu;
#[cfg(any(test, not(target_os = "linux")))]
mod elsewhere;
mod event_loop;
mod executor;
mod growth;
mod heap;
mod identity;
mod io;
#[cfg(target_os = "linux")]
mod linux;
mod memory;
mod metrics;
mod run_queues;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

#[cfg(not(target_os = "linux"))]
use self::elsewhere as system;
use self::executor::Executor;
pub use self::heap::Heap;
#[cfg(target_os = "linux")]
use self::linux as system;
#[cfg(all(fuzzing, target_os = "linux"))]
pub(crate) use self::linux::fuzzing;
use crate::poller::Poll;
use crate::vocabulary::vm::vm;

/// How often the event loops are probed.
const PROBE_EVERY: Duration = Duration::from_millis(100);

/// The memory that the process has, and may have, in bytes; `None` where one is not known.
pub(crate) fn memory_and_limit() -> Option<(u64, u64)> {
    let memory = system::memory();
    Some((memory.rss?, memory.limit?))
}

/// The file descriptors that the process has, and may have; `None` where one is not known.
pub(crate) fn descriptors_and_limit() -> Option<(u64, u64)> {
    let counts = system::counts();
    Some((counts.fds?, counts.fds_limit?.most))
}

/// What the builder knows of the process, and the system does not.
#[derive(Default)]
pub(crate) struct Process {
    pub(crate) executors: Vec<Handle>,
    pub(crate) heap: Option<Box<dyn Fn() -> Heap + Send>>,
    pub(crate) threads: Vec<String>,
}

impl Process {
    /// The built-in polls.
    pub(crate) fn polls(self) -> Vec<Poll> {
        let Self { executors, heap, threads } = self;
        let executors: Arc<[Executor]> = executor::named(executors).into();
        let (counted, queues) = (executors.clone(), executors.clone());
        let mut polls = vec![
            Poll::new("vm.memory", move || memory::execute(heap.as_deref()))
                .while_heard(&vm::memory),
            Poll::new("vm.system_counts", move || counts::execute(&counted))
                .while_heard(&vm::system_counts),
            Poll::new("vm.total_run_queue_lengths", move || run_queues::execute(&queues))
                .while_heard(&vm::total_run_queue_lengths),
            Poll::new("vm.cpu", cpu::execute).while_heard(&vm::cpu),
            Poll::new("vm.io", io::execute).while_heard(&vm::io),
            Poll::new("vm.process_info", identity::execute).while_heard(&vm::process_info),
        ];
        if !threads.is_empty() {
            let execute = move || threads::execute(&threads);
            polls.push(Poll::new("vm.thread_info", execute).while_heard(&vm::thread_info));
        }
        for executor in &*executors {
            polls.push(executor.poll());
            polls.push(event_loop::poll(executor).every(PROBE_EVERY));
        }
        polls
    }
}
