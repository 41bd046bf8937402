//! A program under Tokio: tasks by name, one of them supervised, and a signal ends it in order.

use std::time::Duration;

use telemetry_runtime::{Child, Stop, Telemetry, reporter::Prometheus};
use tokio::time::sleep;

telemetry::events! { event my_app.jobs.done { measurements { items: u64 } } }
telemetry::metrics! { sum(my_app.jobs.done.items); }

async fn work() {
    loop {
        sleep(Duration::from_millis(10)).await;
        telemetry::execute!(my_app.jobs.done, { items: 2 });
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cleanup = Child::task("cleanup", |stop: Stop| async move { stop.requested().await });
    let telemetry = Telemetry::builder().reporter(Prometheus::new()).supervise(cleanup).start()?;
    let jobs = telemetry_runtime::spawn("jobs", work());
    let signal = telemetry.signals()?.received().await;
    jobs.abort();
    let report = telemetry.shutdown(Duration::from_secs(5))?;
    println!("ended by {signal:?}, cut: {:?}", report.cut());
    Ok(())
}
