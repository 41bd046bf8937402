//! Calls every counted case and its baseline so many times, and prints their names; `cargo xtask test`
//! runs this under callgrind and reads the instructions per call from its report.

#[path = "../cases.rs"]
mod cases;

use std::hint::black_box;

use cases::COUNTED;

/// So many that what only a first call does is less than half an instruction per call.
const CALLS: u64 = 20_000;

fn main() {
    cases::attach();
    for case in COUNTED {
        println!("{} {}", case.name, case.baseline_name);
        for function in [case.baseline, case.measured] {
            for n in 0..CALLS {
                black_box(function)(black_box(n));
            }
        }
    }
}
