//! One way to do the work of a row.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::traffic::{REQUESTS, Request};

/// What a batch is about.
pub type Requests = &'static [Request; REQUESTS];

/// Somebody's way to do the work of a row, in a loop of its own that the compiler sees whole.
pub struct Contender {
    pub name: &'static str,
    pub role: Role,
    /// Does the work for so many of the requests, over and over.
    batch: Box<dyn Fn(Requests, u32) + Send + Sync>,
}

/// What a contender is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This toolkit.
    Ours,
    /// Does the work with another crate.
    Peer,
    /// Another crate that does a part of the work: shown, and not compared with.
    Less,
    /// Tells what the machine can do.
    Yardstick,
}

impl Contender {
    pub fn ours(name: &'static str, work: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::new(name, Role::Ours, work)
    }

    pub fn peer(name: &'static str, work: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::new(name, Role::Peer, work)
    }

    pub fn less(name: &'static str, work: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::new(name, Role::Less, work)
    }

    pub fn yardstick(name: &'static str, work: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::new(name, Role::Yardstick, work)
    }

    fn new(
        name: &'static str,
        role: Role,
        work: impl Fn(&Request) + Send + Sync + 'static,
    ) -> Self {
        let batch = move |requests: Requests, calls: u32| {
            for call in 0..calls as usize {
                work(black_box(&requests[call % REQUESTS]));
            }
        };
        Self { name, role, batch: Box::new(batch) }
    }

    /// The loop, and what chooses the requests, without any work.
    pub fn idle() -> Self {
        Self::yardstick("the loop alone", |_| {})
    }

    pub fn run(&self, requests: Requests, calls: u32) {
        (self.batch)(requests, calls);
    }

    /// The processor time of this thread, in nanoseconds a call. Not the time by the clock: a thread
    /// that has to wait for a processor would be charged with what others do.
    pub fn nanos_per_call(&self, requests: Requests, calls: u32) -> f64 {
        let begin = processor_time();
        self.run(requests, calls);
        (processor_time() - begin).as_secs_f64() * 1e9 / f64::from(calls)
    }
}

/// What this thread has computed so far.
pub fn processor_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

/// What all threads of the program have computed so far.
pub fn processor_time_of_all() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    // neither is negative: it is time spent
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
