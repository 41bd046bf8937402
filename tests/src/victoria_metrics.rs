//! A real `VictoriaMetrics`, which takes OTLP over HTTP.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::{components, http, wait};

/// How long the server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// The labels of one series, its name among them as `__name__`.
pub type Labels = BTreeMap<String, String>;

/// A running `VictoriaMetrics`, which ends when this is dropped.
#[derive(Debug)]
pub struct VictoriaMetrics {
    address: String,
    // before the folder: the server must have ended when its storage goes
    _process: Process,
    _folder: TempDir,
}

impl VictoriaMetrics {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// Where it is not installed or does not become ready.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for VictoriaMetrics")?;
        let process = Process::spawn(
            "victoria-metrics",
            Command::new(components::find("victoria-metrics")?)
                .arg(format!("-storageDataPath={}", folder.path().display()))
                .args(["-httpListenAddr=127.0.0.1:0", "-retentionPeriod=1"])
                // it takes the size of its caches from the memory of the machine
                .arg("-memory.allowedBytes=64MB"),
        )?;
        let address = process.wait_for_line("the port", STARTUP, |line| {
            let (_, rest) = line.split_once("started server at http://")?;
            Some(rest.split('/').next()?.to_owned())
        })?;
        let server = Self { address, _process: process, _folder: folder };
        wait::until("ready VictoriaMetrics", STARTUP, || {
            let answer = http::get(&server.url("/health"), &[])?;
            ensure!(answer.status == 200, "it answers {answer:?}");
            Ok(())
        })?;
        Ok(server)
    }

    /// What `/v1/metrics` is below.
    pub fn otlp(&self) -> String {
        self.url("/opentelemetry")
    }

    /// The last value of each series whose name begins so.
    ///
    /// # Errors
    /// Where the server does not answer as documented.
    pub fn last_values(&self, prefix: &str) -> Result<BTreeMap<Labels, f64>> {
        http::get(&self.url("/internal/force_flush"), &[])?;
        let selector = format!("{{__name__=~\"{prefix}.*\"}}");
        let answer = http::get(&self.url("/api/v1/export"), &[("match[]", &selector)])?;
        ensure!(answer.status == 200, "it answers {answer:?}");
        let mut values = BTreeMap::new();
        for line in answer.body.lines() {
            let line: Value = serde_json::from_str(line)?;
            let labels: Labels = serde_json::from_value(line["metric"].clone())?;
            let last = line["values"].as_array().and_then(|values| values.last()?.as_f64());
            values.insert(labels, last.with_context(|| format!("no value in {line}"))?);
        }
        Ok(values)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
