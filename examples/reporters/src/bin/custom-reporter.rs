//! A reporter of the program's own: appends counters and sums to a file of comma-separated values.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use telemetry_runtime::reporter::{Report, Reporter, Start};
use telemetry_runtime::{Error, SeriesValue, Snapshot, Telemetry};

telemetry::events! { event my_app.jobs.done { metadata { queue: &str } } }
telemetry::metrics! { counter(my_app.jobs.done.count, tags = [queue]); }

pub(crate) struct Csv(pub(crate) PathBuf);

impl Reporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        start.sends_to(self.0.display().to_string());
        std::fs::write(&self.0, "metric,tags,value\n")
            .map_err(|error| Error::reporter("csv", error))
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_secs(10))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        let mut lines = String::new();
        for metric in snapshot.metrics() {
            for series in metric.series() {
                let value = match series.value() {
                    SeriesValue::Counter(count) => count.to_string(),
                    SeriesValue::Sum(total) => total.as_f64().to_string(),
                    _ => continue,
                };
                let tags = series.tags().iter().collect::<Vec<_>>().join(" ");
                let tags = tags.replace([',', '\n'], "_");
                lines.extend([metric.metric().name(), ",", &tags, ",", &value, "\n"]);
            }
        }
        // a local file: what may take long is awaited instead, or done on another thread
        let file = std::fs::OpenOptions::new().append(true).open(&self.0);
        let written = file.and_then(|mut file| file.write_all(lines.as_bytes()));
        Box::pin(std::future::ready(written.map_err(|error| Error::reporter("csv", error))))
    }
}

fn main() -> Result<(), Error> {
    let path = std::env::temp_dir().join(format!("jobs-{}.csv", std::process::id()));
    let telemetry = Telemetry::builder().admin("off").reporter(Csv(path.clone())).start()?;
    telemetry::execute!(my_app.jobs.done, {}, { queue: "mail" });
    let _ = telemetry.shutdown(Duration::from_secs(5))?;
    print!("{}", std::fs::read_to_string(&path).unwrap_or_default());
    Ok(())
}
