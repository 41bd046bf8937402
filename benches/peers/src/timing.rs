//! The rounds of a row: all contenders in turn, so that a busy machine is busy for all of them.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use crate::allocation::allocations;
use crate::contender::{Contender, Requests, Role, processor_time};
use crate::plan::Plan;
use crate::samples::Samples;
use crate::traffic::REQUESTS;

/// What one contender took in a row.
pub struct Timed {
    pub name: &'static str,
    pub role: Role,
    /// Nanoseconds a call, beyond the loop alone.
    pub nanos: Samples,
    /// Allocations a call, once all series exist.
    pub allocations: f64,
}

/// As often a round of two threads is tried again because they did not run side by side.
const ATTEMPTS: usize = 5;
/// Side by side: each computes for this part of the time.
const SIDE_BY_SIDE: f64 = 0.9;

/// Runs the rounds, on so many threads.
pub fn time(
    contenders: Vec<Contender>,
    requests: Requests,
    threads: usize,
    plan: &Plan,
) -> Vec<Timed> {
    let idle = Contender::idle();
    let idle_calls = calls_of_a_round(&idle, requests, plan);
    let prepared: Vec<(Contender, f64, u32)> = contenders
        .into_iter()
        .map(|contender| {
            let allocations = allocations_per_call(&contender, requests);
            let calls = calls_of_a_round(&contender, requests, plan);
            (contender, allocations, calls)
        })
        .collect();

    let mut figures = vec![Vec::with_capacity(plan.rounds); prepared.len()];
    for round in 0..plan.rounds {
        let baseline = round_of(&idle, requests, idle_calls, threads);
        for place in 0..prepared.len() {
            // another one comes first each time
            let place = (place + round) % prepared.len();
            let (contender, _, calls) = &prepared[place];
            figures[place].push(round_of(contender, requests, *calls, threads) - baseline);
        }
    }
    prepared
        .into_iter()
        .zip(figures)
        .map(|((contender, allocations, _), figures)| Timed {
            name: contender.name,
            role: contender.role,
            nanos: Samples::new(figures),
            allocations,
        })
        .collect()
}

/// Counted when the series exist: the first calls make them.
fn allocations_per_call(contender: &Contender, requests: Requests) -> f64 {
    contender.run(requests, 2 * REQUESTS as u32);
    let before = allocations();
    contender.run(requests, REQUESTS as u32);
    (allocations() - before) as f64 / REQUESTS as f64
}

fn calls_of_a_round(contender: &Contender, requests: Requests, plan: &Plan) -> u32 {
    let nanos = contender.nanos_per_call(requests, 4 * REQUESTS as u32).max(0.2);
    (plan.round_nanos / nanos) as u32
}

/// Nanoseconds a call, of the slowest thread.
fn round_of(contender: &Contender, requests: Requests, calls: u32, threads: usize) -> f64 {
    if threads == 1 {
        return contender.nanos_per_call(requests, calls);
    }
    let mut nanos = f64::INFINITY;
    for _ in 0..ATTEMPTS {
        let (slowest, share) = side_by_side(contender, requests, calls, threads);
        nanos = slowest;
        if share >= SIDE_BY_SIDE {
            break;
        }
    }
    nanos
}

/// Nanoseconds a call, and for which part of the time the thread computed: the slowest and the
/// smallest of all threads.
fn side_by_side(
    contender: &Contender,
    requests: Requests,
    calls: u32,
    threads: usize,
) -> (f64, f64) {
    let barrier = Barrier::new(threads);
    let work = || {
        contender.run(requests, REQUESTS as u32);
        barrier.wait();
        let (begin, computed) = (Instant::now(), processor_time());
        contender.run(requests, calls);
        let computed = (processor_time() - computed).as_secs_f64();
        (computed * 1e9 / f64::from(calls), computed / begin.elapsed().as_secs_f64())
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("contenders do not panic"))
            .fold((0.0, 1.0), |(slowest, share): (f64, f64), (nanos, part)| {
                (slowest.max(nanos), share.min(part))
            })
    })
}
