//! What the runtime says when it starts: a banner on a terminal, one line elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::admin::Mounts;
use crate::reporter::Reporter;
use crate::service::Service;
use crate::store::Store;

/// What was found and where it is served.
pub(crate) struct StartReport {
    service: Service,
    /// Label and address of each mounted service.
    services: Vec<(String, String)>,
    reporters: Vec<String>,
    metrics: usize,
    /// By package.
    definitions: BTreeMap<&'static str, Definitions>,
}

/// What one package declares.
#[derive(Default)]
struct Definitions {
    vocabularies: usize,
    events: usize,
    metrics: usize,
    polls: usize,
}

impl StartReport {
    pub(crate) fn new(
        service: &Service,
        admin: Option<SocketAddr>,
        mounts: &Mounts,
        reporters: &[Box<dyn Reporter>],
        store: &Store,
    ) -> Self {
        let services = admin.map_or_else(Vec::new, |address| {
            mounts
                .list()
                .map(|(label, path)| (label.to_owned(), format!("http://{address}{path}")))
                .collect()
        });
        let mut definitions: BTreeMap<&str, Definitions> = BTreeMap::new();
        for vocabulary in telemetry::vocabularies() {
            let package = definitions.entry(vocabulary.crate_name()).or_default();
            package.vocabularies += 1;
            package.events += vocabulary.events().len();
        }
        for group in telemetry::metric_groups() {
            definitions.entry(group.crate_name()).or_default().metrics += group.metrics().len();
        }
        for poll in telemetry::declared_polls() {
            definitions.entry(poll.crate_name()).or_default().polls += 1;
        }
        Self {
            service: service.clone(),
            services,
            reporters: reporters.iter().map(|reporter| reporter.name().to_owned()).collect(),
            metrics: store.metrics().len(),
            definitions,
        }
    }

    pub(crate) fn write(&self, log: &(dyn Fn(&str) + Send + Sync), is_terminal: bool) {
        if is_terminal {
            self.banner().lines().for_each(log);
        } else {
            log(&self.line());
        }
    }

    fn banner(&self) -> String {
        let mut text = format!("telemetry of {} {}\n", self.service.name(), self.service.version());
        let mut row = |label: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {label:<12}{value}");
        };
        for (label, address) in &self.services {
            row(label, address);
        }
        row("reporters", &self.reporters.join(", "));
        for (package, Definitions { vocabularies, events, metrics, polls }) in &self.definitions {
            let parts = [
                plural(*vocabularies, "vocabulary", "vocabularies"),
                plural(*events, "event", "events"),
                plural(*metrics, "metric", "metrics"),
                plural(*polls, "poll", "polls"),
            ];
            row("declared", &format!("{} by {package}", parts.join(", ")));
        }
        text
    }

    /// Space-separated `key=value`; spaces in values become `_`.
    fn line(&self) -> String {
        let word = |text: &str| text.replace(char::is_whitespace, "_");
        let mut parts = vec![format!("service={}", word(self.service.name()))];
        if !self.service.version().is_empty() {
            parts.push(format!("version={}", word(self.service.version())));
        }
        parts.extend(self.services.iter().map(|(label, at)| format!("{}={at}", word(label))));
        let reporters: Vec<String> = self.reporters.iter().map(|name| word(name)).collect();
        parts.push(format!("reporters={}", reporters.join(",")));
        parts.push(format!("metrics_declared={}", self.metrics));
        parts.push(self.counts("vocabularies", |package| package.vocabularies));
        parts.push(self.counts("events", |package| package.events));
        parts.push(self.counts("metrics_by_crate", |package| package.metrics));
        parts.push(self.counts("polls", |package| package.polls));
        format!("telemetry {}", parts.join(" "))
    }

    /// `key=package:count,package:count`, packages with none left out.
    fn counts(&self, key: &str, count: fn(&Definitions) -> usize) -> String {
        let counted: Vec<String> = self
            .definitions
            .iter()
            .map(|(package, definitions)| (package, count(definitions)))
            .filter(|(_, count)| *count > 0)
            .map(|(package, count)| format!("{package}:{count}"))
            .collect();
        format!("{key}={}", counted.join(","))
    }
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
