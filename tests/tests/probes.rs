//! A load of probes: it calls no dependency, makes nothing grow, and is answered soon.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use telemetry_runtime::health::Readiness;
use telemetry_runtime::{HealthCheck, Telemetry};
use telemetry_tests::{components, wait};

telemetry_runtime::health_metrics!();

const LIMIT: Duration = Duration::from_mins(1);
/// What a process may grow by, in KiB, that answers the same for a while.
const GROWTH: u64 = 8 * 1024;

/// What the load tool saw.
struct Load {
    per_second: f64,
    p99: String,
    bad: Option<String>,
}

fn load(url: &str, seconds: u32) -> Result<Load> {
    let mut wrk = Command::new(components::find("wrk")?);
    let output = wrk.args(["-t1", "-c8", "--latency", &format!("-d{seconds}s"), url]).output()?;
    ensure!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout)?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
        line.map(|value| value.trim().to_owned())
    };
    let per_second = value("Requests/sec:").context("no rate")?.parse()?;
    let bad = value("Non-2xx or 3xx responses:").or_else(|| value("Socket errors:"));
    Ok(Load { per_second, p99: value("99%").context("no percentile")?, bad })
}

/// In KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn load_of_probes_calls_no_dependency_and_makes_nothing_grow() {
    let seconds = if cfg!(long_tests) { 30 } else { 3 };
    let calls = Arc::new(AtomicUsize::new(0));
    let none: [(&str, &str); 0] = [];
    let mut builder = Telemetry::builder().admin("127.0.0.1:0").environment(none).log(|_| {});
    for name in ["database", "cache", "queue", "store"] {
        let counted = calls.clone();
        let check = HealthCheck::blocking(name, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        builder = builder.check(check.every(Duration::from_hours(1)));
    }
    let telemetry = builder.start().unwrap();
    wait::until("ready program", LIMIT, || {
        ensure!(telemetry.health().readiness() == Readiness::Ready);
        Ok(())
    })
    .unwrap();
    let url = format!("http://{}/health/ready", telemetry.admin_address().unwrap());
    // so that what grows once has grown
    load(&url, 1).unwrap();
    let before = resident();
    let Load { per_second, p99, bad } = load(&url, seconds).unwrap();
    let grown = resident().saturating_sub(before);
    println!("{per_second:.0} probes/s, p99 {p99}, grown by {grown} KiB");
    assert_eq!(bad, None);
    assert!(grown < GROWTH, "{grown} KiB");
    assert_eq!(calls.load(Ordering::Relaxed), 4, "each check ran once, at the start");
}
