//! The first `StatsD`, etsy's, on a free port.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::components;
use crate::process::Process;
use crate::statsd::free_port;

/// How long the server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// What it prints before the numbers of each flush.
const FLUSH: &str = "FLUSH ";

/// A backend that writes each flush down.
const BACKEND: &str = r"
exports.init = (time, config, events) => {
    events.on('flush', (time, metrics) => console.log('FLUSH ' + JSON.stringify(metrics)));
    return true;
};
";

/// A running server, which ends when this is dropped.
#[derive(Debug)]
pub struct EtsyStatsd {
    address: String,
    process: Process,
    _folder: TempDir,
}

/// All flushes together.
#[derive(Debug, Default)]
pub struct Flushed {
    /// Their sums.
    pub counters: BTreeMap<String, f64>,
    /// The last values.
    pub gauges: BTreeMap<String, f64>,
    /// All samples.
    pub timers: BTreeMap<String, Vec<f64>>,
    /// How many measurements they stand for.
    pub counts: BTreeMap<String, f64>,
}

impl EtsyStatsd {
    /// Starts a server that flushes five times a second.
    ///
    /// # Errors
    /// Where it is not installed or does not start.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for StatsD")?;
        let (backend, config) = (folder.path().join("backend.js"), folder.path().join("config.js"));
        fs::write(&backend, BACKEND)?;
        let port = free_port()?;
        fs::write(
            &config,
            format!(
                "{{ port: {port}, address: '127.0.0.1', mgmt_port: {}, mgmt_address: '127.0.0.1', \
                 flushInterval: 200, deleteIdleStats: true, deleteGauges: false, \
                 backends: ['{}'] }}",
                free_port()?,
                backend.display(),
            ),
        )?;
        let process = Process::spawn(
            "statsd",
            Command::new(components::find("node")?).arg(components::find("statsd")?).arg(&config),
        )?;
        process.wait_for_line("a flush", STARTUP, |line| line.starts_with(FLUSH).then_some(()))?;
        Ok(Self { address: format!("127.0.0.1:{port}"), process, _folder: folder })
    }

    /// Where it receives.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What was flushed so far.
    ///
    /// # Errors
    /// Where it is not as documented.
    pub fn flushed(&self) -> Result<Flushed> {
        let mut all = Flushed::default();
        for line in self.process.log().lines().filter_map(|line| line.strip_prefix(FLUSH)) {
            let flush: Value = serde_json::from_str(line)?;
            let numbers = |of: &str| -> Vec<(String, f64)> {
                let entries = flush[of].as_object().into_iter().flatten();
                entries.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
            };
            for (name, value) in numbers("counters") {
                *all.counters.entry(name).or_default() += value;
            }
            all.gauges.extend(numbers("gauges"));
            for (name, values) in flush["timers"].as_object().into_iter().flatten() {
                let values = values.as_array().into_iter().flatten().filter_map(Value::as_f64);
                all.timers.entry(name.clone()).or_default().extend(values);
            }
            for (name, data) in flush["timer_data"].as_object().into_iter().flatten() {
                *all.counts.entry(name.clone()).or_default() +=
                    data["count"].as_f64().unwrap_or(0.0);
            }
        }
        Ok(all)
    }
}
