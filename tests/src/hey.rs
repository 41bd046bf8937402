//! The load generator `hey`: an exact number of requests, and what each was answered.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::components;

/// How many connections are open at once, at most.
const CONCURRENCY: u64 = 8;

/// The requests of one run: all alike.
#[derive(Debug)]
pub struct Load<'a> {
    method: &'static str,
    url: &'a str,
    json: Option<&'a str>,
}

/// What the requests of one run were answered.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// How many answers had which status code.
    pub statuses: BTreeMap<u16, u64>,
    /// How many requests had no answer, and why.
    pub errors: BTreeMap<String, u64>,
}

impl<'a> Load<'a> {
    /// Requests by GET.
    pub fn get(url: &'a str) -> Self {
        Self { method: "GET", url, json: None }
    }

    /// Requests by POST with a body of JSON.
    pub fn post(url: &'a str, json: &'a str) -> Self {
        Self { method: "POST", url, json: Some(json) }
    }

    /// Sends exactly `requests` requests and waits for their answers.
    ///
    /// # Errors
    /// Where `hey` fails, or accounts for another number of requests than it was asked for.
    pub fn send(&self, requests: u64) -> Result<Report> {
        let output = Command::new(components::find("hey")?)
            .args(["-n", &requests.to_string()])
            .args(["-c", &concurrency(requests).to_string()])
            .args(["-m", self.method])
            .args(self.json.iter().flat_map(|json| ["-T", "application/json", "-d", *json]))
            .arg(self.url)
            .output()
            .context("cannot start hey")?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("hey ended with {}: {complaint}{text}", output.status);
        }
        let report = Report::parse(&text)?;
        ensure!(
            report.total() == requests,
            "hey was asked for {requests} requests to {} and reports {}: {text}",
            self.url,
            report.total()
        );
        Ok(report)
    }
}

impl Report {
    /// How many requests the report accounts for.
    pub fn total(&self) -> u64 {
        self.statuses.values().chain(self.errors.values()).sum()
    }

    /// Reads the two distributions in hey's summary: lines of `[what]<tab>count…`, and of
    /// `[count]<tab>why` for errors.
    fn parse(text: &str) -> Result<Self> {
        let mut report = Self::default();
        for line in section(text, "Status code distribution:") {
            let parsed = bracketed(line).and_then(|(status, rest)| {
                let count = rest.strip_suffix("responses")?.trim();
                Some((status.parse().ok()?, count.parse::<u64>().ok()?))
            });
            let Some((status, count)) = parsed else {
                bail!("`{line}` is no line of hey's status codes");
            };
            *report.statuses.entry(status).or_default() += count;
        }
        for line in section(text, "Error distribution:") {
            let parsed = bracketed(line)
                .and_then(|(count, error)| Some((count.parse::<u64>().ok()?, error)));
            let Some((count, error)) = parsed else {
                bail!("`{line}` is no line of hey's errors");
            };
            *report.errors.entry(error.to_owned()).or_default() += count;
        }
        Ok(report)
    }
}

/// The lines below a heading, to the next empty line.
fn section<'t>(text: &'t str, heading: &str) -> impl Iterator<Item = &'t str> {
    text.lines()
        .map(str::trim)
        .skip_while(move |line| *line != heading)
        .skip(1)
        .take_while(|line| !line.is_empty())
}

fn bracketed(line: &str) -> Option<(&str, &str)> {
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    Some((inside, rest.trim()))
}

/// hey sends a multiple of its concurrency, so this divides the number of requests.
fn concurrency(requests: u64) -> u64 {
    (1..=CONCURRENCY).rev().find(|concurrency| requests.is_multiple_of(*concurrency)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_server::SmallServer;

    /// Printed by hey 0.1.4, shortened.
    const SUMMARY: &str = "
Summary:
  Total:\t0.0300 secs
  Requests/sec:\t6823.0

Response time histogram:
  0.000 [1]\t|
  0.001 [100]\t|■■■■

Details (average, fastest, slowest):
  DNS+dialup:\t0.0001 secs, 0.0003 secs, 0.0030 secs

Status code distribution:
  [200]\t180 responses
  [503]\t8 responses

Error distribution:
  [12]\tGet \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused
";

    #[test]
    fn statuses_and_errors_are_read_from_the_summary() {
        let report = Report::parse(SUMMARY).unwrap();
        assert_eq!(report.statuses, BTreeMap::from([(200, 180), (503, 8)]));
        let (error, count) = report.errors.first_key_value().unwrap();
        assert!(error.ends_with("connection refused"), "{error}");
        assert_eq!(*count, 12);
        assert_eq!(report.total(), 200);
    }

    #[test]
    fn unknown_line_is_refused() {
        let text = SUMMARY.replace("180 responses", "many responses");
        let error = Report::parse(&text).unwrap_err().to_string();
        assert!(error.contains("many responses"), "{error}");
    }

    #[test]
    fn concurrency_divides_the_requests() {
        for (requests, expected) in [(8000, 8), (25, 5), (13, 1), (1, 1), (12, 6)] {
            assert_eq!(concurrency(requests), expected, "{requests}");
        }
    }

    #[test]
    #[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
    fn report_agrees_with_what_a_server_received() {
        let server = SmallServer::start("fine\n");
        let url = format!("http://{}/", server.address());
        let report = Load::post(&url, "{}").send(200).unwrap();
        assert_eq!(report.statuses, BTreeMap::from([(200, 200)]));
        assert_eq!(report.errors, BTreeMap::new());
        assert_eq!(server.requests(), 200);
    }
}
