//! What `instructions` does, for the cases that have a runtime's store behind them.

#[macro_use]
#[path = "../cases.rs"]
mod cases;
#[path = "../recorded.rs"]
mod recorded;

use std::hint::black_box;
use std::time::Duration;

/// So many that what only a first call does, which makes the series, is less than half an instruction
/// per call.
const CALLS: u64 = 20_000;

fn main() {
    let telemetry = recorded::start();
    for case in recorded::COUNTED {
        println!("{} {}", case.name, case.baseline_name);
        for function in [case.baseline, case.measured] {
            for n in 0..CALLS {
                black_box(function)(black_box(n));
            }
        }
    }
    let report = telemetry.shutdown(Duration::from_secs(60)).expect("it runs");
    assert!(report.is_complete(), "{report:?}");
}
