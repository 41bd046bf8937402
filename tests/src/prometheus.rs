//! A real Prometheus that scrapes the servers under test every second.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::{components, http, wait};

/// How long the server may take to start on a machine that is busy building.
const STARTUP: Duration = Duration::from_mins(1);

/// The labels of one series.
pub type Labels = BTreeMap<String, String>;

/// A running Prometheus, which ends when this is dropped.
#[derive(Debug)]
pub struct Prometheus {
    address: String,
    // before the folder: the server must have ended when its storage goes
    _process: Process,
    _folder: TempDir,
}

/// How the scrapes of one target go.
#[derive(Debug, PartialEq)]
pub struct Target {
    /// The page that is scraped.
    pub url: String,
    /// `up`, `down`, or `unknown` before the first scrape.
    pub health: String,
    /// Why the last scrape failed; else empty.
    pub last_error: String,
}

impl Prometheus {
    /// Starts a server on a free port that scrapes `/metrics` of each target, written `host:port`.
    ///
    /// # Errors
    /// Where it is not installed or does not become ready.
    pub fn scraping(targets: &[&str]) -> Result<Self> {
        Self::configured(&components::find("prometheus")?, &configuration(targets)?)
    }

    /// The same, of one format each: names as in Prometheus' `scrape_protocols`, such as
    /// `PrometheusProto`.
    ///
    /// # Errors
    /// As [`scraping`](Self::scraping).
    pub fn scraping_as(targets: &[(&str, &str)]) -> Result<Self> {
        let addresses: Vec<&str> = targets.iter().map(|(target, _)| *target).collect();
        let mut text = configuration(&addresses)?;
        for (number, (_, protocol)) in targets.iter().enumerate() {
            let job = format!("- job_name: target-{number}\n");
            text = text.replace(&job, &format!("{job}  scrape_protocols: [{protocol}]\n"));
        }
        Self::configured(&components::find("prometheus")?, &text)
    }

    /// The same by the version that the system's own suite has, in the format that it prefers.
    ///
    /// # Errors
    /// As [`scraping`](Self::scraping).
    pub fn of_the_system_scraping(targets: &[&str]) -> Result<Self> {
        Self::configured(&components::find_of_the_system("prometheus")?, &configuration(targets)?)
    }

    /// A server that scrapes nothing, and is written to.
    ///
    /// # Errors
    /// As [`scraping`](Self::scraping).
    pub fn written_to() -> Result<Self> {
        Self::scraping(&[])
    }

    fn configured(program: &Path, configuration: &str) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for Prometheus")?;
        let config = folder.path().join("prometheus.yml");
        fs::write(&config, configuration)?;
        let process = Process::spawn(
            "prometheus",
            Command::new(program)
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
                .arg("--web.listen-address=127.0.0.1:0")
                // the line with the port that the system chose is of this level
                .arg("--log.level=info")
                .arg("--enable-feature=native-histograms,exemplar-storage")
                .arg("--web.enable-remote-write-receiver"),
        )?;
        let address = process.wait_for_line("the port", STARTUP, |line| {
            let (_, address) = line.split_once(r#"msg="Listening on" address="#)?;
            Some(address.trim().to_owned())
        })?;
        let server = Self { address, _process: process, _folder: folder };
        wait::until("ready Prometheus", STARTUP, || {
            let answer = http::get(&server.url("/-/ready"), &[])?;
            ensure!(answer.status == 200, "it answers {answer:?}");
            Ok(())
        })?;
        Ok(server)
    }

    /// The value of each series of an instant query.
    ///
    /// # Errors
    /// Where the query is refused or its result is no instant vector of plain numbers.
    pub fn query(&self, promql: &str) -> Result<BTreeMap<Labels, f64>> {
        self.parsed(promql)
    }

    /// The same for values that are whole numbers.
    ///
    /// # Errors
    /// As [`query`](Self::query), and where a value is no whole number.
    pub fn query_counts(&self, promql: &str) -> Result<BTreeMap<Labels, u64>> {
        self.parsed(promql)
    }

    /// The result of an instant query as it is answered, native histograms among it.
    ///
    /// # Errors
    /// Where the query is refused.
    pub fn result(&self, promql: &str) -> Result<Value> {
        Ok(self.data("/api/v1/query", &[("query", promql)])?["result"].take())
    }

    /// The exemplars of a query's series within the last hour.
    ///
    /// # Errors
    /// Where the query is refused.
    pub fn exemplars(&self, promql: &str) -> Result<Value> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let (start, end) = ((now - 3_600).to_string(), (now + 60).to_string());
        let query = [("query", promql), ("start", &start), ("end", &end)];
        self.data("/api/v1/query_exemplars", &query)
    }

    /// Where it is written to.
    pub fn write_url(&self) -> String {
        self.url("/api/v1/write")
    }

    /// The state of every target.
    ///
    /// # Errors
    /// Where the server does not answer as documented.
    pub fn targets(&self) -> Result<Vec<Target>> {
        let data = self.data("/api/v1/targets", &[])?;
        let targets =
            data["activeTargets"].as_array().ok_or_else(|| anyhow!("no targets in {data}"))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(targets
            .iter()
            .map(|target| Target {
                url: text(&target["scrapeUrl"]),
                health: text(&target["health"]),
                last_error: text(&target["lastError"]),
            })
            .collect())
    }

    fn parsed<T: std::str::FromStr>(&self, promql: &str) -> Result<BTreeMap<Labels, T>> {
        let data = self.data("/api/v1/query", &[("query", promql)])?;
        samples(&data)?
            .into_iter()
            .map(|(labels, value)| match value.parse() {
                Ok(value) => Ok((labels, value)),
                Err(_) => bail!("`{value}` of `{promql}` {labels:?} is no such number"),
            })
            .collect()
    }

    fn data(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let answer = http::get(&self.url(path), query)?;
        let mut body: Value = serde_json::from_str(&answer.body)
            .with_context(|| format!("no JSON from {path}: {}", answer.body))?;
        ensure!(body["status"] == "success", "Prometheus refuses {path} {query:?}: {body}");
        Ok(body["data"].take())
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn configuration(targets: &[&str]) -> Result<String> {
    let mut text =
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
    for (number, target) in targets.iter().enumerate() {
        writeln!(text, "- job_name: target-{number}")?;
        writeln!(text, "  static_configs: [{{targets: ['{target}']}}]")?;
    }
    Ok(text)
}

/// The series and values of an instant vector, values as they are written.
fn samples(data: &Value) -> Result<BTreeMap<Labels, String>> {
    let unexpected = || anyhow!("no instant vector of numbers: {data}");
    if data["resultType"] != "vector" {
        return Err(unexpected());
    }
    let mut samples = BTreeMap::new();
    for sample in data["result"].as_array().ok_or_else(unexpected)? {
        let labels: Labels = serde_json::from_value(sample["metric"].clone())?;
        let value = sample["value"][1].as_str().ok_or_else(unexpected)?;
        samples.insert(labels, value.to_owned());
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::small_server::SmallServer;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_target_has_a_job_of_its_own() {
        let text = configuration(&["127.0.0.1:1", "127.0.0.1:2"]).unwrap();
        assert!(text.contains("target-0\n  static_configs: [{targets: ['127.0.0.1:1']}]"));
        assert!(text.contains("target-1\n  static_configs: [{targets: ['127.0.0.1:2']}]"));
    }

    #[test]
    fn samples_of_an_instant_vector_are_read() {
        let data = json!({"resultType": "vector", "result": [
            {"metric": {"route": "/a"}, "value": [1.5, "20000"]},
            {"metric": {}, "value": [1.5, "NaN"]},
        ]});
        let expected = BTreeMap::from([
            (labels(&[("route", "/a")]), "20000".to_owned()),
            (labels(&[]), "NaN".to_owned()),
        ]);
        assert_eq!(samples(&data).unwrap(), expected);
    }

    #[test]
    fn other_results_are_refused() {
        for data in [
            json!({"resultType": "scalar", "result": [1, "2"]}),
            json!({"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]}),
        ] {
            assert!(samples(&data).is_err(), "{data}");
        }
    }

    #[test]
    #[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
    fn prometheus_scrapes_a_small_server() {
        let good = SmallServer::start("# TYPE jobs_total counter\njobs_total{kind=\"a b\"} 3\n");
        let bad = SmallServer::start("this is no exposition\n");
        let (good, bad) = (good.address().to_string(), bad.address().to_string());
        let prometheus = Prometheus::scraping(&[&good, &bad]).unwrap();

        let jobs = labels(&[("kind", "a b")]);
        wait::until("scraped value", STARTUP, || {
            let counts = prometheus.query_counts("sum by (kind) (jobs_total)")?;
            ensure!(counts.get(&jobs) == Some(&3), "{counts:?}");
            ensure!(prometheus.query("sum by (kind) (jobs_total) / 2")?.get(&jobs) == Some(&1.5));
            Ok(())
        })
        .unwrap();
        wait::until("failed scrape", STARTUP, || {
            let targets = prometheus.targets()?;
            for (address, health) in [(&good, "up"), (&bad, "down")] {
                let url = format!("http://{address}/metrics");
                let target = targets.iter().find(|target| target.url == url);
                ensure!(target.is_some_and(|target| target.health == health), "{targets:?}");
            }
            Ok(())
        })
        .unwrap();

        let error = prometheus.query("sum by (").unwrap_err().to_string();
        assert!(error.contains("parse error"), "{error}");
        assert!(prometheus.query_counts("sum(jobs_total) / 2").is_err());
    }
}
