//! A server of S3 that is not ours, with one bucket: it verifies signatures.

use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::cargo::root;
use crate::process::Process;
use crate::{components, stopping};

/// How long the server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// What keys are made from: those that are told, and others.
const OURS: u32 = 1;
const OTHERS: u32 = 2;

/// A server at an address of its own, which ends when this is dropped.
#[derive(Debug)]
pub struct S3 {
    port: u16,
    process: Option<Process>,
    /// The keys that it knows.
    pub keys: Keys,
}

/// Who asks, and the secret that tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Sent with each request.
    pub access: String,
    /// Sent with none.
    pub secret: String,
}

impl S3 {
    /// The bucket that is there.
    pub const BUCKET: &str = "receipts";
    /// The object that is in it.
    pub const OBJECT: &str = "health/marker";

    /// Starts a server on a free port.
    ///
    /// # Errors
    /// Where Python's packages are not installed, or it does not become ready.
    pub fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self { port, process: None, keys: Keys::default() };
        server.keys = server.run(OURS)?;
        Ok(server)
    }

    /// Starts it again at its address, with the same keys.
    ///
    /// # Errors
    /// As [`start`](Self::start), or where the keys are others.
    pub fn restart(&mut self) -> Result<()> {
        let keys = self.run(OURS)?;
        ensure!(keys == self.keys, "the keys are {keys:?}, they were {:?}", self.keys);
        Ok(())
    }

    /// Starts it again at its address, where it knows other keys than those that were told.
    ///
    /// # Errors
    /// As [`start`](Self::start), or where the keys are the same.
    pub fn restart_for_others(&mut self) -> Result<()> {
        let keys = self.run(OTHERS)?;
        ensure!(keys != self.keys, "the keys are those of before");
        Ok(())
    }

    fn run(&mut self, seed: u32) -> Result<Keys> {
        self.process = None;
        let process = Process::spawn(
            "the S3 server",
            components::python()?
                .arg(root().join("tests/python/s3_server.py"))
                .arg(format!("--port={}", self.port))
                .arg(format!("--seed={seed}"))
                .args(["--bucket", Self::BUCKET, "--object", Self::OBJECT]),
        )?;
        let key = |name| process.wait_for_value(name, STARTUP);
        let keys = Keys { access: key("access_key")?, secret: key("secret_key")? };
        process.wait_for_line("readiness", STARTUP, |line| {
            line.contains("Running on http://").then_some(())
        })?;
        self.process = Some(process);
        Ok(keys)
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
        let process = self.process.as_ref().context("the S3 server does not run")?;
        stopping::signal_family(process.id(), name)
    }

    /// Where it listens, as clients are told.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
