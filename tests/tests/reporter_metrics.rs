//! The ready-made metrics of reporters. In a process of its own: they are of all its runtimes.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use anyhow::ensure;
use telemetry_runtime::reporter::{Otlp, Prometheus, Pushgateway, RemoteWrite, Statsd};
use telemetry_runtime::{SeriesValue, Snapshot, Telemetry};
use telemetry_tests::{http, wait};

telemetry_runtime::reporter_metrics!();

telemetry::events! { event rm.done; }
telemetry::metrics! { counter(rm.done.count); }

const LIMIT: Duration = Duration::from_mins(1);

/// Answers each request with the next of these, and with the last one for ever.
fn answering(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { continue };
            let answer = answers[number.min(answers.len() - 1)];
            // The answer may come before the end of the request. The client may have gone.
            let _ = stream.read(&mut [0; 1024]);
            let _ = write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    url
}

/// The number of a series of `runtime.reporter.…`.
fn number(snapshot: &Snapshot, metric: &str, tags: &[&str]) -> Option<f64> {
    match snapshot.metric(&format!("runtime.reporter.{metric}")).unwrap().value(tags)? {
        #[expect(clippy::cast_precision_loss, reason = "they are small")]
        SeriesValue::Counter(count) => Some(count as f64),
        SeriesValue::Sum(total) => Some(total.as_f64()),
        SeriesValue::Distribution { counts, .. } => {
            #[expect(clippy::cast_precision_loss, reason = "they are small")]
            let count = counts.iter().sum::<u64>() as f64;
            Some(count)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_reporter_tells_what_it_sends_and_what_it_does_not() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let often = Duration::from_millis(20);
    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .log(|_| {})
        .environment([("OTEL_BSP_SCHEDULE_DELAY", "20")])
        .reporter(Prometheus::new())
        .reporter(Statsd::udp(receiver.local_addr().unwrap().to_string()).every(often))
        .reporter(Pushgateway::new("job").url(answering(&["200 OK"])).every(often))
        .reporter(
            RemoteWrite::new()
                .url(answering(&["503 Later", "400 Never", "204 Taken"]))
                .every(Duration::from_millis(500)),
        )
        .reporter(Otlp::http(answering(&["200 OK"])).every(often))
        .start()
        .unwrap();
    let page = format!("http://{}/metrics", telemetry.admin_address().unwrap());
    wait::until("numbers of all reporters", LIMIT, || {
        telemetry::execute!(rm.done);
        http::get(&page, &[])?;
        let snapshot = telemetry.snapshots().take();
        for reporter in ["prometheus", "statsd", "pushgateway", "remote-write", "otlp"] {
            for metric in ["reports", "duration", "lines", "packets", "bytes"] {
                let found = number(&snapshot, metric, &[reporter]);
                ensure!(found > Some(0.0), "{metric} of {reporter}: {found:?}");
            }
        }
        let retries = number(&snapshot, "retries", &["remote-write"]);
        ensure!(retries == Some(1.0), "{retries:?}");
        let refused = number(&snapshot, "drops", &["remote-write", "refused"]);
        ensure!(refused > Some(0.0), "{refused:?}");
        Ok(())
    })
    .unwrap();
    drop(telemetry);
}
