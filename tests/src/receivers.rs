//! Real receivers of what is pushed: a Pushgateway, and `VictoriaMetrics`.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::Process;
use crate::{components, http, wait};

/// How long a server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// A running server, which ends when this is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: String,
    // before the folder: the server must have ended when its storage goes
    _process: Process,
    _folder: TempDir,
}

impl Receiver {
    /// Starts a Pushgateway on a free port.
    ///
    /// # Errors
    /// Where it is not installed or does not become ready.
    pub fn pushgateway() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for the Pushgateway")?;
        let process = Process::spawn(
            "pushgateway",
            Command::new(components::find("prometheus-pushgateway")?)
                .arg("--web.listen-address=127.0.0.1:0"),
        )?;
        let address = process.wait_for_line("the port", STARTUP, |line| {
            let (_, address) = line.split_once(r#"msg="Listening on" address="#)?;
            Some(address.trim().to_owned())
        })?;
        let server = Self { address, _process: process, _folder: folder };
        server.wait_for("/-/ready")?;
        Ok(server)
    }

    /// Starts `VictoriaMetrics` on a port that was free.
    ///
    /// # Errors
    /// Where it is not installed or does not become ready.
    pub fn victoria_metrics() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for VictoriaMetrics")?;
        // it does not say which port the system chose, so one is chosen for it
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let process = Process::spawn(
            "victoria-metrics",
            Command::new(components::find("victoria-metrics")?)
                .arg(format!("-storageDataPath={}", folder.path().join("data").display()))
                .arg(format!("-httpListenAddr={address}"))
                .args(["-retentionPeriod=1", "-loggerLevel=WARN"]),
        )?;
        let server = Self { address, _process: process, _folder: folder };
        server.wait_for("/health")?;
        Ok(server)
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn wait_for(&self, path: &str) -> Result<()> {
        wait::until("ready server", STARTUP, || {
            let answer = http::get(&self.url(path), &[])?;
            ensure!(answer.status == 200, "it answers {answer:?}");
            Ok(())
        })
    }
}
