//! The time of every case over its baseline. All are run in turn, round by round, so that a busy
//! machine is busy for all of them; only the figures of one run can be compared.

#[path = "../cases.rs"]
mod cases;

use std::hint::black_box;
use std::time::Instant;

use cases::{COUNTED, Case, TIMED};

const ROUNDS: usize = 21;
/// What a round of one case should take.
const ROUND_NANOS: f64 = 10_000_000.0;

fn main() {
    cases::attach();
    let cases: Vec<&Case> = COUNTED.iter().chain(TIMED).collect();
    let calls: Vec<u32> = cases.iter().map(|case| calls_of_a_round(case)).collect();
    let mut samples = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for ((case, &calls), samples) in cases.iter().zip(&calls).zip(&mut samples) {
            let baseline = nanos_per_call(case.baseline, calls);
            samples.push(nanos_per_call(case.measured, calls) - baseline);
        }
    }

    println!("nanoseconds over the same function without telemetry, {ROUNDS} rounds in turn\n");
    println!("{:<26} {:>9} {:>9} {:>9}", "case", "median", "lowest", "highest");
    for (case, samples) in cases.iter().zip(&mut samples) {
        samples.sort_by(f64::total_cmp);
        println!(
            "{:<26} {:>9.2} {:>9.2} {:>9.2}",
            case.name,
            samples[ROUNDS / 2],
            samples[0],
            samples[ROUNDS - 1]
        );
    }
}

fn calls_of_a_round(case: &Case) -> u32 {
    let nanos = nanos_per_call(case.measured, 10_000).max(0.5);
    // fits: at most 2e7
    (ROUND_NANOS / nanos) as u32
}

fn nanos_per_call(function: fn(u64) -> u64, calls: u32) -> f64 {
    let start = Instant::now();
    for n in 0..calls {
        black_box(black_box(function)(black_box(u64::from(n))));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}
