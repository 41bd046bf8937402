//! A receiver of OTLP that is not ours: the official generated classes for Python, and its gRPC.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::cargo::root;
use crate::components;
use crate::process::Process;

/// How long the receiver may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// A running receiver, which ends when this is dropped.
#[derive(Debug)]
pub struct OtlpReceiver {
    /// Where it listens for HTTP: `http://127.0.0.1:…`.
    pub http: String,
    /// Where it listens for gRPC.
    pub grpc: String,
    process: Process,
}

/// One request as the receiver read it.
#[derive(Debug, Clone)]
pub struct Received {
    /// `http` or `grpc`.
    pub transport: String,
    /// `metrics` or `spans`.
    pub signal: String,
    /// Names in lower case.
    pub headers: Value,
    /// The message; null where the receiver was told to fail.
    pub request: Value,
}

impl OtlpReceiver {
    /// Starts one on free ports, with arguments such as `--fail=2`.
    ///
    /// # Errors
    /// Where Python's packages are not installed.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let process = Process::spawn(
            "the OTLP receiver",
            components::python()?.arg(root().join("tests/python/otlp_receiver.py")).args(arguments),
        )?;
        let url = |key| {
            Ok::<_, anyhow::Error>(format!("http://{}", process.wait_for_value(key, STARTUP)?))
        };
        let (http, grpc) = (url("http")?, url("grpc")?);
        Ok(Self { http, grpc, process })
    }

    /// What has come so far.
    ///
    /// # Errors
    /// Where the official classes did not read something.
    pub fn received(&self) -> Result<Vec<Received>> {
        let log = self.process.log();
        let lines = log.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| {
                let line: Value = serde_json::from_str(line)?;
                anyhow::ensure!(line["error"].is_null(), "a request was not read: {line}");
                let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
                Ok(Received {
                    transport: text("transport"),
                    signal: text("signal"),
                    headers: line["headers"].clone(),
                    request: line["request"].clone(),
                })
            })
            .collect()
    }
}
