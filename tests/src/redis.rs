//! A real Redis that keeps nothing.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::Process;
use crate::{components, stopping};

/// How long the server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// A Redis at an address of its own, which ends when this is dropped.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    process: Option<Process>,
    folder: TempDir,
}

impl Redis {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// Where it is not installed or does not become ready.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for Redis")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self { port, process: None, folder };
        server.restart()?;
        Ok(server)
    }

    /// Starts it again at its address.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<()> {
        self.run(&[])
    }

    /// Starts it again at its address, where it wants a password that nobody was told.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart_for_others(&mut self) -> Result<()> {
        self.run(&["--requirepass", "sesame"])
    }

    fn run(&mut self, arguments: &[&str]) -> Result<()> {
        self.process = None;
        let process = Process::spawn(
            "redis",
            Command::new(components::find("redis-server")?)
                .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
                .args(["--save", "", "--appendonly", "no", "--dir"])
                .arg(self.folder.path())
                .args(arguments),
        )?;
        process.wait_for_line("readiness", STARTUP, |line| {
            line.contains("Ready to accept connections").then_some(())
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills it: its port refuses connections.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Sends it a signal, such as `STOP`.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn signal(&self, name: &str) -> Result<()> {
        let process = self.process.as_ref().context("Redis does not run")?;
        stopping::signal_family(process.id(), name)
    }

    /// Where it listens, as clients are told.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}
