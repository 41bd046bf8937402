//! An instrumented library: nothing here is public but one function.

#![forbid(unsafe_code)]

mod deep {
    pub(crate) mod deeper {
        telemetry::events! {
            /// Work was done.
            event library.work.done { measurements { total: u64 } metadata { kind: &str } }

            span library.work.run;
        }

        telemetry::metrics! {
            counter(library.work.done.count);
            sum(library.work.done.total, name = library.total, tags = [kind]);
        }
    }
}

use deep::deeper::library;

pub fn work() {
    run();
    telemetry::execute!(library.work.done, { total: 7 }, { kind: "small" });
}

#[telemetry::span(library.work.run)]
fn run() {}
