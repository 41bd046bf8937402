//! Reporters keep the contract, ours and others, and those that do not are told what they break.

use std::fs;
use std::process::Command;
use std::time::Duration;

use telemetry_runtime::reporter::{Console, Dialect, Prometheus, Report, Reporter, Start, Statsd};
use telemetry_runtime::testing::{check_reporter, reporter_breaches};
use telemetry_runtime::{Error, Snapshot};
use telemetry_tests::cargo::{build_program, root};

#[path = "../../examples/reporters/src/bin/custom-reporter.rs"]
#[allow(dead_code)]
mod custom_reporter;

const CUSTOM: &str = "examples/reporters/src/bin/custom-reporter.rs";

#[test]
fn prometheus_keeps_it() {
    check_reporter(Prometheus::new);
}

#[test]
fn statsd_keeps_it_whether_or_not_somebody_receives() {
    let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = receiver.local_addr().unwrap().to_string();
    check_reporter(|| Statsd::udp(&address));
    check_reporter(|| Statsd::udp(&address).dialect(Dialect::DogStatsd));
    drop(receiver);
    check_reporter(|| Statsd::udp(&address));
    check_reporter(|| Statsd::unix("/nowhere/at/all"));
}

#[test]
fn the_console_keeps_it() {
    check_reporter(|| Console::table().writer(std::io::sink()));
    check_reporter(|| Console::events().writer(std::io::sink()));
}

#[test]
fn a_reporter_of_a_program_keeps_it_in_sixty_lines() {
    let folder = tempfile::tempdir().unwrap();
    check_reporter(|| custom_reporter::Csv(folder.path().join("metrics.csv")));
    let text = fs::read_to_string(root().join(CUSTOM)).unwrap();
    assert!(text.lines().count() <= 60, "{CUSTOM} has {} lines", text.lines().count());
}

#[test]
fn the_example_of_a_reporter_reports() {
    let output = Command::new(build_program("custom-reporter").unwrap()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "metric,tags,value\nmy_app.jobs.done.count,mail,1\n");
}

/// Breaks one rule.
#[derive(Default)]
struct Broken {
    rule: &'static str,
    reports: u64,
    handler: Option<&'static str>,
}

impl Reporter for Broken {
    fn name(&self) -> &'static str {
        if self.rule == "name" { "" } else { "broken" }
    }

    fn start(&mut self, _: &mut Start<'_>) -> Result<(), Error> {
        if self.rule == "start" { Err(Error::reporter("broken", "no paper")) } else { Ok(()) }
    }

    fn interval(&self) -> Option<Duration> {
        let extra = if self.rule == "interval" { self.reports } else { 0 };
        Some(Duration::from_secs(10 + extra))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        self.reports += 1;
        match self.rule {
            "panic" => panic!("{} metrics", snapshot.metrics().len()),
            "block" => Box::pin(async {
                // what must not be done
                std::thread::sleep(Duration::from_millis(1_200));
                Ok(())
            }),
            "handler" => {
                let id = *self.handler.get_or_insert("broken-handler");
                let event = telemetry::Event::dynamic("reporter_contract.executed").unwrap();
                // it is there already from the last time
                let _ = telemetry::attach_many(id, &[event], (), |_, ()| {});
                Box::pin(std::future::ready(Ok(())))
            }
            _ => Box::pin(std::future::ready(Err(Error::reporter("broken", "no ink")))),
        }
    }
}

#[test]
fn what_is_broken_is_named_with_what_was_seen() {
    let breaches = |rule| reporter_breaches(|| Broken { rule, ..Broken::default() });
    // that reports fail is no breach
    assert!(breaches("none").is_empty());
    for (rule, expected) in [
        ("name", "its name is not empty and stays the same: it is \"\""),
        (
            "interval",
            "its interval is not zero and stays the same: it is Some(10s) and then Some(11s)",
        ),
        ("panic", "it ends each report, of whatever there is: it panics: 12 metrics"),
        ("block", "it never blocks the thread: a report kept it for 1."),
        ("start", "it ends each report, of whatever there is: it does not start"),
        ("handler", "nothing of it is left when it is dropped: its handlers are attached"),
    ] {
        let breaches = breaches(rule);
        assert!(breaches.iter().any(|breach| breach.starts_with(expected)), "{breaches:#?}");
        if rule == "handler" {
            telemetry::detach("broken-handler").unwrap();
        }
    }
}
