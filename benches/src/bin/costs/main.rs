//! What an application pays for: nanoseconds of an execution and bytes of a series, as tags, metrics,
//! handlers, threads and series become more. Prints the tables of `docs/costs.md`.

mod allocation;
mod memory;
mod table;
mod time;
mod vocabulary;

use std::time::Duration;

use telemetry_runtime::Telemetry;

/// More than any table makes.
const SERIES: usize = 1_000_000;

fn main() {
    let telemetry = Telemetry::builder()
        .admin("off")
        .series_limit(SERIES, 2 * SERIES)
        .log(|_| {})
        .start()
        .expect("the runtime needs a thread");
    time::attach();
    for table in time::tables().into_iter().chain(memory::tables(&telemetry)) {
        println!("{table}");
    }
    let report = telemetry.shutdown(Duration::from_secs(60)).expect("it runs");
    assert!(report.is_complete(), "{report:?}");
}
