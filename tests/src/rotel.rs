//! A real collector of OpenTelemetry's, Rotel, which passes on what it has read to another receiver.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::Process;
use crate::statsd::free_port;
use crate::{components, wait};

/// How long the collector may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);
/// How often it is started on other ports, where somebody took those that were free.
const ATTEMPTS: usize = 3;

/// A running collector, which ends when this is dropped.
#[derive(Debug)]
pub struct Rotel {
    /// Where it listens for HTTP: `http://127.0.0.1:…`.
    pub http: String,
    /// Where it listens for gRPC.
    pub grpc: String,
    _process: Process,
}

impl Rotel {
    /// Starts one that passes on by gRPC to a receiver: `http://127.0.0.1:…`.
    ///
    /// # Errors
    /// Where it is not installed or does not begin to listen.
    pub fn passing_on_to(receiver: &str) -> Result<Self> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match Self::start(receiver) {
                Ok(rotel) => return Ok(rotel),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("it was not tried")?)
    }

    fn start(receiver: &str) -> Result<Self> {
        let http = format!("127.0.0.1:{}", free_port()?);
        let grpc = format!("127.0.0.1:{}", free_port()?);
        let process = Process::spawn(
            "rotel",
            Command::new(components::find_in_python("rotel/rotel-agent")?)
                .args(["start", "--otlp-http-endpoint", &http, "--otlp-grpc-endpoint", &grpc])
                .args(["--exporter", "otlp", "--otlp-exporter-protocol", "grpc"])
                .args(["--otlp-exporter-endpoint", receiver])
                // each request is passed on as it is
                .arg("--disable-batching"),
        )?;
        for address in [&http, &grpc] {
            wait::until("collector that listens", STARTUP, || {
                TcpStream::connect(address).with_context(|| process.log())
            })?;
        }
        let url = |address: String| format!("http://{address}");
        Ok(Self { http: url(http), grpc: url(grpc), _process: process })
    }
}
