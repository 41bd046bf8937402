//! What the runtime says when it starts: a banner on a terminal, one line elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::admin::Mounts;
use crate::service::Service;

/// What was found, and what runs where.
pub(crate) struct StartReport {
    service: Service,
    /// Where the admin listener is, if there is one.
    admin: Option<SocketAddr>,
    /// Label and address of each mounted service.
    services: Vec<(String, String)>,
    reporters: Vec<String>,
    /// Reporters, and where they send to.
    destinations: Vec<(String, String)>,
    /// All metrics, those of two versions of a library as one.
    metrics: usize,
    /// By package.
    definitions: BTreeMap<&'static str, Definitions>,
    /// Events that two versions of a library declare.
    twins: Vec<&'static str>,
    warnings: Vec<String>,
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
    /// Of a program in which nothing but definitions was found so far.
    pub(crate) fn new(service: Service, admin: Option<SocketAddr>, metrics: usize) -> Self {
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
            service,
            admin,
            services: Vec::new(),
            reporters: Vec::new(),
            destinations: Vec::new(),
            metrics,
            definitions,
            twins: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// What is mounted, where there is a listener.
    pub(crate) fn mounted(&mut self, mounts: &Mounts) {
        if let Some(address) = self.admin {
            let at =
                |(label, path): (&str, &str)| (label.into(), format!("http://{address}{path}"));
            self.services.extend(mounts.list().map(at));
        }
    }

    /// The reporters by name, and where those send to that do.
    pub(crate) fn reporters(&mut self, names: Vec<String>, destinations: Vec<(String, String)>) {
        self.reporters = names;
        self.destinations = destinations;
    }

    pub(crate) fn twins(&mut self, names: Vec<&'static str>) {
        self.twins = names;
    }

    pub(crate) fn warn(&mut self, warnings: impl IntoIterator<Item = String>) {
        self.warnings.extend(warnings);
    }

    pub(crate) fn write(&self, log: &(dyn Fn(&str) + Send + Sync), is_terminal: bool) {
        if is_terminal {
            self.banner().lines().for_each(log);
        } else {
            log(&self.line());
            for warning in &self.warnings {
                log(&format!("telemetry: {warning}"));
            }
        }
    }

    fn banner(&self) -> String {
        let (name, version) = (self.service.name(), self.service.version());
        let space = if version.is_empty() { "" } else { " " };
        let mut text = format!("telemetry of {name}{space}{version}, pid {}\n", std::process::id());
        let mut row = |label: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {label:<12}{value}");
        };
        match self.admin {
            None => row("admin", "off"),
            Some(address) if self.services.is_empty() => {
                row("admin", &format!("http://{address}/"));
            }
            Some(_) => {}
        }
        for (label, place) in self.services.iter().chain(&self.destinations) {
            row(label, place);
        }
        let reporters = self.reporters.join(", ");
        row("reporters", if reporters.is_empty() { "none" } else { &reporters });
        for (package, Definitions { vocabularies, events, metrics, polls }) in &self.definitions {
            let parts = [
                plural(*vocabularies, "vocabulary", "vocabularies"),
                plural(*events, "event", "events"),
                plural(*metrics, "metric", "metrics"),
                plural(*polls, "poll", "polls"),
            ];
            row("declared", &format!("{} by {package}", parts.join(", ")));
        }
        for name in &self.twins {
            row("twice", &format!("{name}, by two versions of a library: it is one event"));
        }
        for warning in &self.warnings {
            row("warning", warning);
        }
        text
    }

    /// Space-separated `key=value`; spaces in values become `_`.
    fn line(&self) -> String {
        let mut parts = vec![format!("service={}", word(self.service.name()))];
        if !self.service.version().is_empty() {
            parts.push(format!("version={}", word(self.service.version())));
        }
        let places = self.services.iter().chain(&self.destinations);
        parts.extend(places.map(|(label, at)| format!("{}={}", word(label), word(at))));
        parts.push(match self.admin {
            Some(address) => format!("admin={address}"),
            None => "admin=off".into(),
        });
        let reporters: Vec<String> = self.reporters.iter().map(|name| word(name)).collect();
        parts.push(format!("reporters={}", reporters.join(",")));
        parts.push(format!("metrics_declared={}", self.metrics));
        parts.push(self.counts("vocabularies", |package| package.vocabularies));
        parts.push(self.counts("events", |package| package.events));
        parts.push(self.counts("metrics_by_crate", |package| package.metrics));
        parts.push(self.counts("polls", |package| package.polls));
        parts.push(format!("twice={}", self.twins.join(",")));
        parts.push(format!("warnings={}", self.warnings.len()));
        parts.push(format!("pid={}", std::process::id()));
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

fn word(text: &str) -> String {
    text.replace(char::is_whitespace, "_")
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::config::Settings;
    use crate::service::Attributes;

    fn report(admin: Option<SocketAddr>) -> StartReport {
        let variables = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=my shop,service.version=1.2")];
        let mut settings = Settings::new(variables.into_iter().collect());
        let service = Service::configured(&mut settings, &Attributes::default());
        let mut report = StartReport::new(service, admin, 3);
        report.definitions = BTreeMap::from([
            ("shop", Definitions { vocabularies: 1, events: 2, metrics: 4, polls: 0 }),
            ("warehouse", Definitions { vocabularies: 0, events: 0, metrics: 0, polls: 1 }),
        ]);
        report.reporters(
            vec!["prometheus".into(), "statsd".into()],
            vec![("statsd".into(), "udp://127.0.0.1:8125 every 10s".into())],
        );
        report.twins(vec!["my_app.work.done"]);
        report.warn(["TELEMETRY_BNID is set".to_owned()]);
        report
    }

    fn written(report: &StartReport, is_terminal: bool) -> Vec<String> {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        // A sink may be used for as long as the program runs.
        let sink = lines.clone();
        report.write(&move |line: &str| sink.lock().unwrap().push(line.to_owned()), is_terminal);
        std::mem::take(&mut *lines.lock().unwrap())
    }

    #[test]
    fn a_terminal_gets_a_banner_with_all_that_runs_and_was_found() {
        let mut report = report(Some(SocketAddr::from(([127, 0, 0, 1], 9568))));
        report.services = vec![("metrics".into(), "http://127.0.0.1:9568/metrics".into())];
        let first = format!("telemetry of my shop 1.2, pid {}", std::process::id());
        assert_eq!(
            written(&report, true),
            [
                &*first,
                "  metrics     http://127.0.0.1:9568/metrics",
                "  statsd      udp://127.0.0.1:8125 every 10s",
                "  reporters   prometheus, statsd",
                "  declared    1 vocabulary, 2 events, 4 metrics, 0 polls by shop",
                "  declared    0 vocabularies, 0 events, 0 metrics, 1 poll by warehouse",
                "  twice       my_app.work.done, by two versions of a library: it is one event",
                "  warning     TELEMETRY_BNID is set",
            ]
        );
    }

    #[test]
    fn elsewhere_it_is_one_line_of_pairs_and_one_for_each_warning() {
        let line = format!(
            "telemetry service=my_shop version=1.2 statsd=udp://127.0.0.1:8125_every_10s admin=off reporters=prometheus,statsd metrics_declared=3 vocabularies=shop:1 events=shop:2 metrics_by_crate=shop:4 polls=warehouse:1 twice=my_app.work.done warnings=1 pid={}",
            std::process::id()
        );
        assert_eq!(written(&report(None), false), [&*line, "telemetry: TELEMETRY_BNID is set"]);
    }

    #[test]
    fn a_listener_without_services_and_one_that_is_off_are_said() {
        let address = SocketAddr::from(([127, 0, 0, 1], 9568));
        assert!(
            report(Some(address)).banner().contains("\n  admin       http://127.0.0.1:9568/\n")
        );
        assert!(report(None).banner().contains("\n  admin       off\n"));
    }
}
