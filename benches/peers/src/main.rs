//! This toolkit and its peers side by side, in one process and one run: `cargo xtask bench` builds and
//! runs this, and writes `docs/benchmarks.md` from what it prints.
//!
//! While one tunes: `cargo run --release -- --quick tagged`, in this folder, measures only what has
//! that in its name, in a few seconds. Only the ratios of one run mean something: machines are noisy.
//!
//! [`rows`] is the table of what is timed, [`goals`] of what is wanted; `peers` has one file for each
//! peer, `ours` is this toolkit.

mod allocation;
mod bytes;
mod contender;
mod goals;
mod levels;
mod ours;
mod page;
mod peers;
mod plan;
mod render;
mod results;
mod rows;
mod samples;
mod store;
mod timing;
mod traffic;
mod work;
mod writer;

use std::process::ExitCode;

use crate::plan::Plan;
use crate::results::Results;

#[global_allocator]
static ALLOCATOR: allocation::Counting = allocation::Counting;

/// Series of a metric in the rows that are timed.
const SERIES: usize = 1_000;
/// The exit status of a command line that cannot be understood, as usual on Unix.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    let plan = match Plan::parse(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(misuse) => {
            eprintln!("{misuse}");
            return ExitCode::from(MISUSED);
        }
    };
    let mut results = Results::default();
    time_rows(&plan, &mut results);
    if plan.wants("size of futures") {
        results.sizes = sizes();
    }
    for (name, measure) in bytes::MEASURES {
        if plan.wants(name) {
            progress(name);
            results.bytes.push(measure());
        }
    }
    for &series in plan.series {
        let name = format!("snapshot and Prometheus text, {series} series");
        if plan.wants(&name) {
            progress(&name);
            results.renderings.push(render::render(series, &plan));
        }
    }
    print!("{}", page::page(&results));
    ExitCode::SUCCESS
}

fn time_rows(plan: &Plan, results: &mut Results) {
    let running = ours::Running::start(SERIES);
    for row in rows::ROWS.iter().filter(|row| plan.wants(row.name)) {
        progress(row.name);
        let contenders = row.contenders.iter().map(|make| make()).collect();
        let timed = timing::time(contenders, (row.requests)(), row.threads, plan);
        results.rows.push((row, timed));
    }
    running.stop();
}

fn sizes() -> Vec<levels::Size> {
    vec![
        levels::plain::sizes(),
        ours::sizes(),
        peers::tracing::sizes(),
        peers::fastrace::sizes(),
        peers::emit::sizes(),
        peers::hotpath::sizes(),
    ]
}

/// To who waits for it.
fn progress(name: &str) {
    eprintln!("{name}");
}
