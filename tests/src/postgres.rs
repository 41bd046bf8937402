//! A real Postgres with a database of its own.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::Process;
use crate::{components, stopping};

/// How long the server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// Where Debian keeps the programs, by version.
const FOLDER: &str = "/usr/lib/postgresql";

/// A Postgres at an address of its own, which ends when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    user: Option<(u32, u32)>,
    process: Option<Process>,
    folder: TempDir,
}

impl Postgres {
    /// Makes a database, and starts a server on a free port.
    ///
    /// # Errors
    /// Where it is not installed or does not become ready.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for PostgreSQL")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let user = ordinary_user()?;
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let mut server = Self { port, user, process: None, folder };
        let output = server
            .command("initdb")?
            .args(["--no-sync", "-A", "trust", "-U", "postgres", "-D"])
            .arg(server.data())
            .output()?;
        ensure!(output.status.success(), "initdb: {output:?}");
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

    /// Starts it again at its address, where it lets nobody in.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart_for_others(&mut self) -> Result<()> {
        let rules = self.folder.path().join("nobody.conf");
        fs::write(&rules, "host all all all reject\n")?;
        self.run(&["-c", &format!("hba_file={}", rules.display())])
    }

    fn run(&mut self, arguments: &[&str]) -> Result<()> {
        if self.process.is_some() {
            self.kill()?;
        }
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k"]);
        command.arg(self.folder.path()).args(arguments);
        let process = Process::spawn("postgres", &mut command)?;
        process.wait_for_line("readiness", STARTUP, |line| {
            line.contains("ready to accept connections").then_some(())
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// Ends it at once, with all of its connections: its port refuses new ones.
    ///
    /// # Errors
    /// Where it does not run, or does not end.
    pub fn kill(&mut self) -> Result<()> {
        let mut process = self.process.take().context("PostgreSQL does not run")?;
        process.signal("QUIT")?;
        process.wait(STARTUP)?;
        Ok(())
    }

    /// Sends a signal, such as `STOP`, to it and to the processes of its connections.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn signal(&self, name: &str) -> Result<()> {
        let process = self.process.as_ref().context("PostgreSQL does not run")?;
        stopping::signal_family(process.id(), name)
    }

    /// Where it listens, as clients are told.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(find(program)?);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command.current_dir("/");
        Ok(command)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // a server that is held up would not hear it; its connections' processes end with it
        let _ = self.signal("CONT");
        let _ = self.kill();
    }
}

/// In the folder of the newest version, or wherever programs are.
fn find(program: &str) -> Result<PathBuf> {
    let versions = fs::read_dir(FOLDER).into_iter().flatten().flatten();
    let programs = versions.map(|version| version.path().join("bin").join(program));
    let newest = programs.filter(|program| program.is_file()).max();
    newest.map_or_else(|| components::find(program), Ok)
}

/// Postgres refuses to run as root: the user that its package made, where this is root.
fn ordinary_user() -> Result<Option<(u32, u32)>> {
    let id = |arguments: &[&str]| -> Result<u32> {
        let output = Command::new("id").args(arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse().with_context(|| format!("`id {}` says {text:?}", arguments.join(" ")))
    };
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    Ok(Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)))
}
