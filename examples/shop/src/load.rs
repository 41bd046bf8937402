//! The load: a realistic mix of requests against a running shop, at a steady rate.
//!
//! Requests are due at fixed moments, whether or not earlier ones are answered. The latency of a request that left late
//! counts from the moment it was due: so a shop that stalls shows as the wait that a customer would have had.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::customer::{Customers, Step};
use crate::latency::Latencies;

/// The most requests that are under way at a time.
const CONCURRENCY: u32 = 256;

/// A request that leaves this much after it was due is late. Less is the grain of the timer, and no wait of a customer.
const LATE: Duration = Duration::from_millis(10);

/// The longest that a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A load to be run.
#[derive(Debug)]
pub(crate) struct Load {
    /// Requests per second.
    pub(crate) rate: NonZeroU32,
    /// For how long.
    pub(crate) seconds: NonZeroU32,
    /// Against which shop.
    pub(crate) target: Target,
}

/// A shop on this machine. There is no other kind: a load against someone else's machine is an attack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target(SocketAddr);

impl Load {
    /// Runs the load, then prints what came of it. An interrupt ends it early.
    ///
    /// # Errors
    ///
    /// When no request at all was answered, or the table cannot be printed.
    pub(crate) async fn run(self) -> io::Result<()> {
        let driver = Arc::new(Driver {
            target: self.target,
            client: Client::builder(TokioExecutor::new()).build_http(),
            customers: Mutex::default(),
            tally: Mutex::default(),
        });
        let places = Arc::new(Semaphore::new(CONCURRENCY as usize));
        let start = Instant::now();
        tokio::select! {
            () = self.send_all(start, &driver, &places) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        // all places are free when all requests are over; the semaphore is never closed
        _ = places.acquire_many(CONCURRENCY).await;
        let tally = driver.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let report = Report { tally: &tally, asked: self.requests(), elapsed: start.elapsed() };
        io::stdout().write_all(report.to_string().as_bytes())?;
        if tally.answered() == 0 {
            let message =
                format!("no answer from {}; start a shop, or name it with --url", self.target);
            return Err(io::Error::other(message));
        }
        Ok(())
    }

    async fn send_all(&self, start: Instant, driver: &Arc<Driver>, places: &Arc<Semaphore>) {
        let end = start + Duration::from_secs(self.seconds.get().into());
        for number in 0..self.requests() {
            let due =
                start + Duration::from_nanos(number * 1_000_000_000 / u64::from(self.rate.get()));
            tokio::time::sleep_until(due).await;
            let Ok(place) = places.clone().acquire_owned().await else {
                return;
            };
            let now = Instant::now();
            if now > end + LATE {
                return;
            }
            let driver = driver.clone();
            tokio::spawn(async move {
                driver.send(due, now).await;
                drop(place);
            });
        }
    }

    fn requests(&self) -> u64 {
        u64::from(self.rate.get()) * u64::from(self.seconds.get())
    }
}

impl Target {
    /// Where a shop listens that was told nothing else.
    pub(crate) fn standard() -> Self {
        Self(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 4000))
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "use http://127.0.0.1 and a port, such as http://127.0.0.1:4000";
        let uri: Uri =
            text.parse().map_err(|error| format!("--url is {text:?}: {error}; {form}"))?;
        let wrong = |what: &str| format!("--url is {text:?}: {what}; {form}");
        if uri.scheme_str() != Some("http") {
            return Err(wrong("it does not start with http://"));
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err(wrong("the load chooses the paths itself"));
        }
        let address: Option<IpAddr> = match uri.host().unwrap_or_default() {
            // not looked up: what the name means is up to a file
            "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
            host => host.trim_matches(['[', ']']).parse().ok(),
        };
        match address {
            Some(address) if address.is_loopback() => {
                Ok(Self(SocketAddr::new(address, uri.port_u16().unwrap_or(80))))
            }
            _ => Err(wrong("only a shop on this machine can be loaded, at a loopback address")),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

/// What the requests of one load share.
struct Driver {
    target: Target,
    client: Client<HttpConnector, Full<Bytes>>,
    customers: Mutex<Customers>,
    tally: Mutex<Tally>,
}

impl Driver {
    async fn send(&self, due: Instant, started: Instant) {
        let step = self.customers().next();
        let exchange = tokio::time::timeout(PATIENCE, self.exchange(&step)).await;
        let outcome = exchange.unwrap_or(Outcome::TimedOut);
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let late = started - due > LATE;
        tally.late += u64::from(late);
        let since = if late { due } else { started };
        tally.record(step.route, outcome, since.elapsed());
    }

    async fn exchange(&self, step: &Step) -> Outcome {
        let mut request =
            Request::builder().method(&step.method).uri(format!("{}{}", self.target, step.path));
        if step.method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let Ok(request) = request.body(Full::from(step.body.clone())) else {
            return Outcome::Broken;
        };
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Outcome::NotConnected,
            Err(_) => return Outcome::Broken,
        };
        let status = response.status();
        match response.into_body().collect().await {
            Ok(body) => {
                self.customers().learn(step, status, &body.to_bytes());
                Outcome::Answered(status)
            }
            Err(_) => Outcome::Broken,
        }
    }

    fn customers(&self) -> std::sync::MutexGuard<'_, Customers> {
        self.customers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Answered(StatusCode),
    NotConnected,
    TimedOut,
    Broken,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Answered(status) => status.as_str(),
            Self::NotConnected => "not connected",
            Self::TimedOut => "timed out",
            Self::Broken => "broken off",
        })
    }
}

/// What came of the requests so far.
#[derive(Default)]
struct Tally {
    rows: BTreeMap<(&'static str, Outcome), Latencies>,
    late: u64,
}

impl Tally {
    fn record(&mut self, route: &'static str, outcome: Outcome, latency: Duration) {
        self.rows.entry((route, outcome)).or_default().record(latency);
    }

    fn count(&self, of: impl Fn(Outcome) -> bool) -> u64 {
        let rows = self.rows.iter().filter(|((_, outcome), _)| of(*outcome));
        rows.map(|(_, latencies)| latencies.count()).sum()
    }

    fn answered(&self) -> u64 {
        self.count(|outcome| matches!(outcome, Outcome::Answered(_)))
    }
}

/// The table that a load ends with.
struct Report<'a> {
    tally: &'a Tally,
    asked: u64,
    elapsed: Duration,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = self.tally;
        writeln!(
            f,
            "{:<24} {:<13} {:>9} {:>10} {:>10} {:>10}",
            "route", "status", "requests", "p50", "p99", "max"
        )?;
        for ((route, outcome), latencies) in &tally.rows {
            write!(f, "{route:<24} {outcome:<13} {:>9}", latencies.count())?;
            for latency in [latencies.percentile(50), latencies.percentile(99), latencies.max()] {
                write!(f, " {:>7.2} ms", latency.as_secs_f64() * 1000.0)?;
            }
            writeln!(f)?;
        }
        let sent = tally.count(|_| true);
        let seconds = self.elapsed.as_secs_f64();
        writeln!(
            f,
            "\n{sent} of {} requests sent in {seconds:.1} s: {} answered, {} not connected, {} timed out, {} broken off; \
             {} late, {} not sent",
            self.asked,
            tally.answered(),
            tally.count(|outcome| outcome == Outcome::NotConnected),
            tally.count(|outcome| outcome == Outcome::TimedOut),
            tally.count(|outcome| outcome == Outcome::Broken),
            tally.late,
            self.asked - sent,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_targets_are_taken() {
        for (text, target) in [
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:4000"),
            ("http://localhost:81", "http://127.0.0.1:81"),
            ("http://[::1]:4000", "http://[::1]:4000"),
            ("http://127.9.9.9", "http://127.9.9.9:80"),
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), target);
        }
    }

    #[test]
    fn other_machines_are_refused_with_the_reason() {
        for text in [
            "http://192.0.2.1:4000",
            "http://example.com",
            "http://127.0.0.1@example.com",
            "http://127.0.0.1.example.com",
            "http://0.0.0.0:4000",
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.contains(text) && error.contains("loopback"), "{error}");
        }
    }

    #[test]
    fn urls_of_another_form_are_refused() {
        for text in
            ["", "127.0.0.1:4000", "https://127.0.0.1", "http://127.0.0.1/products", "http://"]
        {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.contains("use http://127.0.0.1"), "{error}");
        }
    }

    #[test]
    fn report_counts_every_request() {
        let mut tally = Tally { late: 1, ..Tally::default() };
        let ok = Outcome::Answered(StatusCode::OK);
        tally.record("GET /products", ok, Duration::from_millis(1));
        tally.record("GET /products", ok, Duration::from_millis(3));
        tally.record("GET /products", Outcome::NotConnected, Duration::ZERO);
        let report =
            Report { tally: &tally, asked: 5, elapsed: Duration::from_secs(1) }.to_string();
        assert!(
            report.contains(
                "GET /products            200                   2    1.01 ms    3.00 ms    3.00 ms"
            ),
            "{report}"
        );
        assert!(
            report.contains("3 of 5 requests sent in 1.0 s: 2 answered, 1 not connected"),
            "{report}"
        );
        assert!(report.contains("1 late, 2 not sent"), "{report}");
    }
}
