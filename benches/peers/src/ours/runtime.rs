//! The runtime of a part of the run. One at a time: each records what all of the program executes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use http_body_util::BodyExt;
use telemetry_runtime::Telemetry;
use telemetry_runtime::reporter::{Prometheus, PrometheusService};
use tower_service::Service;

use crate::work::poll_to_end;

/// Series of all metrics that are not the one with the most.
const OTHERS: usize = 10_000;
/// What an answer has before its body.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// A started runtime, which ends with this.
pub struct Running {
    telemetry: Telemetry,
    address: SocketAddr,
    service: PrometheusService,
}

impl Running {
    /// Starts one that has room for so many series of a metric.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(series: usize) -> Self {
        let telemetry = Telemetry::builder()
            .service("peers", env!("CARGO_PKG_VERSION"))
            .admin("127.0.0.1:0")
            .reporter(Prometheus::new())
            .series_limit(series, series + OTHERS)
            .log(|_| {})
            .start()
            .expect("the runtime starts");
        let address = telemetry
            .admin_address()
            .expect("the peers' bench reads the admin listener: run it without TELEMETRY_BIND=off");
        let service =
            Prometheus::new().service(telemetry.snapshots()).expect("all metrics are selected");
        Self { telemetry, address, service }
    }

    /// How many series the store has of a metric.
    pub fn series_of(&self, metric: &str) -> usize {
        let snapshot = self.telemetry.snapshots().take();
        snapshot.metric(metric).map_or(0, |metric| metric.series().count())
    }

    /// Takes a snapshot and gives it away.
    pub fn snapshot(&self) {
        std::hint::black_box(self.telemetry.snapshots().take());
    }

    /// The metrics as Prometheus' text, from the service that an application would mount, called
    /// here, and sent piece by piece.
    ///
    /// # Panics
    /// Where it is not rendered to its end.
    pub fn render(&self, send: &mut dyn FnMut(&[u8])) {
        let mut service = self.service.clone();
        poll_to_end(async {
            let Ok(mut response) = service.call(http::Request::new(())).await;
            while let Some(frame) = response.body_mut().frame().await {
                let frame = frame.expect("no time limit is set");
                send(&frame.into_data().expect("there are no trailers"));
            }
        });
    }

    /// The metrics as Prometheus' text, scraped from the admin listener as Prometheus does.
    ///
    /// # Panics
    /// Where the listener does not answer.
    pub fn scrape(&self) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).expect("the admin listener listens");
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("the admin listener reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the admin listener answers");
        let head = answer.windows(HEAD_END.len()).position(|part| part == HEAD_END);
        assert!(answer.starts_with(b"HTTP/1.1 200"), "the scrape was refused");
        answer.drain(..head.expect("an answer has a head") + HEAD_END.len());
        answer
    }

    /// # Panics
    /// Where something did not end in time.
    pub fn stop(self) {
        let report = self.telemetry.shutdown(Duration::from_secs(5)).expect("it runs");
        assert!(report.is_complete(), "{report:?}");
    }
}
