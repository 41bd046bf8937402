//! A synchronous program: a thread of it is supervised, and a signal ends it in order.

use std::time::Duration;

use telemetry_runtime::{Child, Stop, Telemetry, reporter::Prometheus};

telemetry::events! { event my_app.jobs.done { measurements { items: u64 } } }
telemetry::metrics! { sum(my_app.jobs.done.items); }

#[expect(clippy::needless_pass_by_value, reason = "a child is given its own")]
fn work(stop: Stop) {
    while !stop.wait(Duration::from_millis(10)) {
        telemetry::execute!(my_app.jobs.done, { items: 2 });
    }
}

fn main() -> Result<(), telemetry_runtime::Error> {
    let telemetry = Telemetry::builder()
        .reporter(Prometheus::new())
        .supervise(Child::thread("jobs", work))
        .start()?;
    let signal = telemetry.signals()?.wait();
    let report = telemetry.shutdown(Duration::from_secs(5))?;
    println!("ended by {signal:?}, cut: {:?}", report.cut());
    Ok(())
}
