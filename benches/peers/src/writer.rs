//! What a thread that records feels while somebody renders: the time of each of its calls.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::store::{Store, Tags};

/// As many series the writer goes through.
const SERIES: usize = 100;
/// Steps within a doubling, so that a figure is at most 3 % too high.
const STEPS: usize = 32;
const DOUBLINGS: usize = 48;

/// The times of one writer's calls, as counts in steps that grow with them.
pub struct Latencies {
    counts: Vec<u64>,
    calls: u64,
    longest: Duration,
}

impl Latencies {
    fn new() -> Self {
        Self { counts: vec![0; STEPS * DOUBLINGS], calls: 0, longest: Duration::ZERO }
    }

    fn add(&mut self, taken: Duration) {
        let nanos = (taken.as_nanos() as u64).max(1);
        self.counts[step_of(nanos)] += 1;
        self.calls += 1;
        self.longest = self.longest.max(taken);
    }

    /// Only this part of the calls took longer, in nanoseconds.
    pub fn percentile(&self, part: f64) -> f64 {
        let wanted = (self.calls as f64 * part).ceil() as u64;
        let mut below = 0;
        for (step, count) in self.counts.iter().enumerate() {
            below += count;
            if below >= wanted {
                return upper_nanos(step);
            }
        }
        self.longest.as_nanos() as f64
    }

    pub fn longest(&self) -> Duration {
        self.longest
    }
}

fn step_of(nanos: u64) -> usize {
    let doubling = nanos.ilog2() as usize;
    // the bits that follow the highest
    let within = if doubling >= 5 { nanos >> (doubling - 5) } else { nanos << (5 - doubling) };
    (doubling * STEPS + (within as usize - STEPS)).min(STEPS * DOUBLINGS - 1)
}

fn upper_nanos(step: usize) -> f64 {
    2f64.powi((step / STEPS) as i32) * (1.0 + (step % STEPS + 1) as f64 / STEPS as f64)
}

/// Writes in a thread of its own while `meanwhile` runs in this one.
///
/// # Panics
/// Where the store's recording does.
pub fn write_during(store: &dyn Store, tags: &Tags, meanwhile: impl FnOnce()) -> Latencies {
    let done = AtomicBool::new(false);
    let ready = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut latencies = Latencies::new();
            // what a thread's first calls do once is not looked for here
            (0..2 * SERIES).for_each(|call| write(store, tags, call));
            ready.store(true, Ordering::Release);
            let mut call = 0;
            while !done.load(Ordering::Relaxed) {
                let begin = Instant::now();
                write(store, tags, call);
                latencies.add(begin.elapsed());
                call += 1;
            }
            latencies
        });
        while !ready.load(Ordering::Acquire) {
            thread::yield_now();
        }
        meanwhile();
        done.store(true, Ordering::Relaxed);
        writer.join().expect("recording does not panic")
    })
}

fn write(store: &dyn Store, tags: &Tags, call: usize) {
    let (route, customer) = tags.of(call % SERIES);
    store.record(route, customer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_at_most_a_step_too_high() {
        let mut latencies = Latencies::new();
        (1..=1_000).for_each(|nanos| latencies.add(Duration::from_nanos(nanos)));
        for (part, nanos) in [(0.5, 500.0), (0.999, 999.0)] {
            let found = latencies.percentile(part);
            assert!((nanos..=nanos * 1.032).contains(&found), "{part}: {found}");
        }
        assert_eq!(latencies.longest(), Duration::from_nanos(1_000));
    }

    #[test]
    fn steps_rise_with_the_time() {
        let steps: Vec<usize> = (1..100_000).map(step_of).collect();
        assert!(steps.is_sorted());
        assert!(step_of(u64::MAX) < STEPS * DOUBLINGS);
    }
}
