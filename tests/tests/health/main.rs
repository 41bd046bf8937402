//! Health: what probes are answered, to whom, and what no check can do to the program.

mod anonymous;
mod builtin;
mod checks;
mod endpoints;
mod liveness;
mod shutdown;
mod told;

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;
use telemetry_runtime::health::{HealthOptions, Readiness};
use telemetry_runtime::{Builder, Telemetry};
use telemetry_tests::http::{self, Exchange};
use telemetry_tests::wait;

/// How long what must come may take on a busy machine.
const LONG: Duration = Duration::from_secs(30);
/// The interval of checks here.
const EVERY: Duration = Duration::from_millis(20);

fn builder() -> Builder {
    with(HealthOptions::new())
}

fn with(options: HealthOptions) -> Builder {
    let none: [(&str, &str); 0] = [];
    let builder = Telemetry::builder().admin("127.0.0.1:0").environment(none).log(|_| {});
    builder.service("secret-service", "9.8.7").health(options.every(EVERY))
}

fn probe(telemetry: &Telemetry, path: &str) -> Exchange {
    probe_with(telemetry, path, &[])
}

fn probe_with(telemetry: &Telemetry, path: &str, headers: &[(&str, &str)]) -> Exchange {
    let address = telemetry.admin_address().unwrap();
    http::exchange("GET", &format!("http://{address}{path}"), headers).unwrap()
}

fn json(exchange: &Exchange) -> Value {
    serde_json::from_str(&exchange.body).unwrap()
}

fn until(telemetry: &Telemetry, readiness: Readiness) {
    until_true(readiness.as_str(), || telemetry.health().readiness() == readiness);
}

fn until_true(what: &str, mut is: impl FnMut() -> bool) {
    let attempt = || -> Result<()> {
        ensure!(is(), "not yet");
        Ok(())
    };
    wait::until(what, LONG, attempt).unwrap();
}
