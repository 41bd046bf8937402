//! A real netdata that receives `StatsD` lines and nothing else.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::statsd::free_port;
use crate::{components, http, wait};

/// How long the server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// The plugins that measure the machine, which no test wants.
const PLUGINS: [&str; 6] = ["proc", "cgroups", "diskspace", "tc", "idlejitter", "timex"];

/// A running netdata, which ends when this is dropped.
#[derive(Debug)]
pub struct Netdata {
    url: String,
    address: String,
    _process: Process,
    _folder: TempDir,
}

impl Netdata {
    /// Starts a server on free ports.
    ///
    /// # Errors
    /// Where it is not installed or does not become ready.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for netdata")?;
        let (web, statsd) = (free_port()?, free_port()?);
        let path = |name: &str| folder.path().join(name).display().to_string();
        for inner in ["cache", "lib", "log", "plugins"] {
            fs::create_dir(path(inner))?;
        }
        let config = format!(
            "[global]\n run as user = {user}\n\
             [directories]\n cache = {}\n lib = {}\n log = {}\n plugins = {}\n\
             [web]\n bind to = 127.0.0.1\n default port = {web}\n[db]\n mode = ram\n\
             [plugins]\n enable running new plugins = no\n statsd = yes\n{}\
             [ml]\n enabled = no\n[cloud]\n enabled = no\n[registry]\n enabled = no\n\
             [health]\n enabled = no\n\
             [statsd]\n bind to = udp:127.0.0.1:{statsd}\n decimal detail = 1000\n",
            path("cache"),
            path("lib"),
            path("log"),
            path("plugins"),
            PLUGINS.map(|plugin| format!(" {plugin} = no\n")).concat(),
            user = std::env::var("USER").unwrap_or_else(|_| "root".into()),
        );
        let file = folder.path().join("netdata.conf");
        fs::write(&file, config)?;
        let process = Process::spawn(
            "netdata",
            Command::new(components::find("netdata")?)
                .arg("-D")
                .arg("-c")
                .arg(&file)
                .arg("-P")
                .arg(folder.path().join("pid")),
        )?;
        let server = Self {
            url: format!("http://127.0.0.1:{web}"),
            address: format!("127.0.0.1:{statsd}"),
            _process: process,
            _folder: folder,
        };
        // its own chart of what it received is there from when it listens on
        wait::until("ready netdata", STARTUP, || {
            server.latest("netdata.statsd_events", "errors")?;
            Ok(())
        })?;
        Ok(server)
    }

    /// Where it receives.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The last value of a dimension of a chart.
    ///
    /// # Errors
    /// Where there is none.
    pub fn latest(&self, chart: &str, dimension: &str) -> Result<f64> {
        let charts = self.json("/api/v1/allmetrics", &[("format", "json")])?;
        let value = &charts[chart]["dimensions"][dimension]["value"];
        value.as_f64().with_context(|| format!("no `{dimension}` in `{chart}`"))
    }

    /// The values of a chart's dimension, a second each, since the start.
    ///
    /// # Errors
    /// Where there is no such chart.
    pub fn history(&self, chart: &str, dimension: &str) -> Result<Vec<f64>> {
        let query = [("chart", chart), ("after", "-600"), ("options", "raw"), ("format", "json")];
        let data = self.json("/api/v1/data", &query)?;
        let labels = data["labels"].as_array().context("no labels")?;
        let column = labels.iter().position(|label| label == dimension);
        let column = column.with_context(|| format!("no `{dimension}` in `{chart}`"))?;
        let rows = data["data"].as_array().into_iter().flatten();
        Ok(rows.filter_map(|row| row[column].as_f64()).collect())
    }

    fn json(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let answer = http::get(&format!("{}{path}", self.url), query)?;
        ensure!(answer.status == 200, "{path} {query:?}: {}", answer.body);
        serde_json::from_str(&answer.body).with_context(|| format!("no JSON from {path}"))
    }
}
