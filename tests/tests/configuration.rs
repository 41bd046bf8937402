//! What operators say in the environment: `docs/configuration.md` is all of it, and programs obey.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use telemetry_runtime::config::{Origin, Settings, Variable};
use telemetry_runtime::reporter::{Prometheus, Reporter, Start};
use telemetry_runtime::{Builder, Error, Telemetry, variables};
use telemetry_tests::architecture::files::rust_files;
use telemetry_tests::cargo::{build_program, root};
use telemetry_tests::http;

telemetry::events! { event conf.executed { metadata { id: u64 } } }
telemetry::metrics! { counter(conf.executed.count, tags = [id]); }

const NONE: [(&str, &str); 0] = [];

fn builder<const N: usize>(variables: [(&str, &str); N]) -> Builder {
    Telemetry::builder().admin("127.0.0.1:0").environment(variables).log(|_| {})
}

/// Variable, value and origin of each row.
fn rows(telemetry: &Telemetry) -> Vec<(&'static str, String, Origin)> {
    let settings = telemetry.configuration().settings().iter();
    settings.map(|row| (row.name(), row.value().to_owned(), row.origin().clone())).collect()
}

#[test]
fn the_page_lists_every_variable_as_it_is_declared() {
    let mut table = String::from("| variable | meaning | allowed | default |\n|---|---|---|---|\n");
    for variable in variables() {
        let default = variable.default();
        let default = if default.is_empty() { "none".to_owned() } else { default };
        let file = if variable.is_secret() { " A secret: `_FILE` may name a file." } else { "" };
        let (name, summary, allowed) = (variable.name(), variable.summary(), variable.allowed());
        writeln!(table, "| `{name}` | {summary}{file} | {allowed} | {default} |").unwrap();
    }
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let rows: String = page.split_inclusive('\n').filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows, table, "docs/configuration.md must have this table:\n\n{table}");
}

#[test]
fn every_variable_that_is_declared_is_listed() {
    let listed: BTreeSet<&str> = variables().iter().map(|variable| variable.name()).collect();
    assert_eq!(listed.len(), variables().len(), "a name is listed twice");
    let mut declared = BTreeSet::new();
    for file in rust_files(&root().join("telemetry-runtime/src")).unwrap() {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.collect::<Vec<_>>().join("\n");
        for declaration in code.split("Variable::new(").skip(1) {
            let name = declaration.split('"').nth(1).unwrap();
            declared.insert(name.to_owned());
        }
    }
    assert_eq!(declared.iter().map(String::as_str).collect::<BTreeSet<_>>(), listed);
}

#[test]
fn what_the_environment_says_of_the_service_and_its_series_holds() {
    let telemetry = builder([
        ("OTEL_SERVICE_NAME", "store"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=desk,service.version=2,team=a%2Cb"),
        ("TELEMETRY_SERIES_PER_METRIC", "2"),
        ("TELEMETRY_POLL_EVERY", "1h"),
    ])
    .service("shop", "1")
    .attribute("zone", "west")
    .attribute("team", "nobody")
    .series_limit(100, 50)
    .reporter(Identity)
    .start()
    .unwrap();
    let polls = telemetry.polls().list();
    assert!(!polls.is_empty() && polls.iter().all(|poll| poll.every == Duration::from_hours(1)));
    for id in 0..5 {
        telemetry::execute!(conf.executed, {}, { id });
    }
    let snapshot = telemetry.snapshots().take();
    let series = snapshot.metric("conf.executed.count").unwrap().series().count();
    assert_eq!(series, 3, "two, and the overflow series");

    let row = |name, value: &str, origin| (name, value.to_owned(), origin);
    let said = |name, value| row(name, value, Origin::Environment);
    assert_eq!(
        rows(&telemetry),
        [
            row("KUBERNETES_SERVICE_HOST", "", Origin::Default),
            said("OTEL_RESOURCE_ATTRIBUTES", "service.name=desk,service.version=2,team=a%2Cb"),
            row("OTEL_SDK_DISABLED", "false", Origin::Default),
            said("OTEL_SERVICE_NAME", "store"),
            row("TELEMETRY_BIND", "127.0.0.1:0", Origin::Builder),
            row("TELEMETRY_HEALTH_DETAILS", "authorized", Origin::Default),
            row("TELEMETRY_HEALTH_DRAIN_DELAY", "", Origin::Default),
            row("TELEMETRY_HEALTH_DRAIN_TIMEOUT", "20s", Origin::Default),
            row("TELEMETRY_HEALTH_INTERVAL", "10s", Origin::Default),
            row("TELEMETRY_HEALTH_STALL", "30s", Origin::Default),
            row("TELEMETRY_HEALTH_TIMEOUT", "2s", Origin::Default),
            row("TELEMETRY_MAX_SERIES", "50", Origin::Builder),
            said("TELEMETRY_POLL_EVERY", "1h"),
            said("TELEMETRY_SERIES_PER_METRIC", "2"),
        ]
    );
}

/// Knows the service.
struct Identity;

impl Reporter for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        let service = start.service();
        assert_eq!((service.name(), service.version()), ("store", "2"));
        let attributes: Vec<_> = service.attributes().collect();
        assert_eq!(attributes, [("zone", "west"), ("team", "a,b")]);
        Ok(())
    }
}

#[test]
fn reporters_that_are_disabled_are_neither_asked_nor_started_and_all_else_runs() {
    struct Never;
    impl Reporter for Never {
        fn name(&self) -> &'static str {
            "never"
        }

        fn configure(&mut self, _: &mut Settings) {
            panic!("disabled");
        }

        fn start(&mut self, _: &mut Start<'_>) -> Result<(), Error> {
            panic!("disabled");
        }
    }
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = lines.clone();
    let telemetry = builder([("OTEL_SDK_DISABLED", "TRUE")])
        .reporter(Prometheus::new())
        .reporter(Never)
        .log(move |line| sink.lock().unwrap().push(line.to_owned()))
        .start()
        .unwrap();
    let url = format!("http://{}/metrics", telemetry.admin_address().unwrap());
    assert_eq!(http::get(&url, &[]).unwrap().status, 404);
    let lines = lines.lock().unwrap().clone();
    assert!(lines[0].contains(" reporters= "), "{lines:?}");
    assert_eq!(lines[1], "telemetry: OTEL_SDK_DISABLED is true: there are no reporters");
}

const TOKEN_NAME: &str = "TELEMETRY_CONF_TOKEN";
static TOKEN: Variable<Option<String>> = Variable::new(TOKEN_NAME, || None, "A token.").secret();
static PORT: Variable<u16> = Variable::new("TELEMETRY_CONF_PORT", || 7, "A port.");

/// Reads a secret and a port.
#[derive(Default)]
struct Told {
    token: Arc<Mutex<Option<String>>>,
}

impl Reporter for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn configure(&mut self, settings: &mut Settings) {
        *self.token.lock().unwrap() = settings.read(&TOKEN, None);
        settings.read(&PORT, None);
    }
}

#[test]
fn a_reporters_secret_may_be_in_a_file_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "open sesame\n").unwrap();
    let path = file.to_str().unwrap();
    let told = Told::default();
    let token = told.token.clone();
    let telemetry = builder([("TELEMETRY_CONF_TOKEN_FILE", path)]).reporter(told).start().unwrap();
    assert_eq!(token.lock().unwrap().as_deref(), Some("open sesame"));
    let row = rows(&telemetry).into_iter().find(|row| row.0 == TOKEN_NAME).unwrap();
    assert_eq!(row, (TOKEN_NAME, "(secret)".to_owned(), Origin::File(file.clone())));
    let configuration = telemetry.configuration();
    assert!(!format!("{configuration} {configuration:?}").contains("sesame"));
}

#[test]
fn bad_values_of_all_parts_are_one_error_before_anything_runs() {
    struct NotStarted(Told);
    impl Reporter for NotStarted {
        fn name(&self) -> &'static str {
            "not started"
        }

        fn configure(&mut self, settings: &mut Settings) {
            self.0.configure(settings);
        }

        fn start(&mut self, _: &mut Start<'_>) -> Result<(), Error> {
            panic!("the configuration is not what it must be")
        }
    }
    let error = builder([
        ("OTEL_RESOURCE_ATTRIBUTES", "team"),
        ("TELEMETRY_BIND", "9568"),
        ("TELEMETRY_MAX_SERIES", "many"),
        ("TELEMETRY_POLL_EVERY", "0s"),
        ("TELEMETRY_CONF_PORT", "65536"),
        ("TELEMETRY_CONF_TOKEN", "sesame"),
        ("TELEMETRY_CONF_TOKEN_FILE", "/nowhere"),
    ])
    .reporter(NotStarted(Told::default()))
    .start()
    .unwrap_err();
    assert!(error.is_configuration());
    let text = error.to_string();
    assert!(text.starts_with("6 values cannot be used:\n"), "{text}");
    for said in [
        "OTEL_RESOURCE_ATTRIBUTES is \"team\", in which \"team\" has no `=`; allowed is pairs",
        "TELEMETRY_BIND is \"9568\", which is no address; allowed is an address with a port",
        "TELEMETRY_MAX_SERIES is \"many\", which is not a whole number; allowed is a whole number",
        "TELEMETRY_POLL_EVERY is \"0s\", which is outside of what is allowed; allowed is a whole number with one of the units",
        "TELEMETRY_CONF_PORT is \"65536\", which is not a whole number",
        "TELEMETRY_CONF_TOKEN and TELEMETRY_CONF_TOKEN_FILE are both set; set one of them",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert!(!text.contains("sesame"), "{text}");
    assert!(builder(NONE).admin("9568").start().unwrap_err().is_configuration());
}

#[test]
fn the_builder_may_open_no_listener_and_the_environment_may_open_one() {
    let telemetry = builder(NONE).admin("off").start().unwrap();
    assert_eq!(telemetry.admin_address(), None);
    let telemetry = builder([("TELEMETRY_BIND", "127.0.0.1:0")]).admin("off").start().unwrap();
    assert!(telemetry.admin_address().is_some());
}

/// Runs the quickstart, to its end, with these variables and no others of our prefixes; gives whether
/// it succeeded, and its standard error.
fn quickstart(variables: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(build_program("quickstart").unwrap());
    for (name, _) in std::env::vars_os() {
        let known = name.to_str().unwrap_or_default();
        if known.starts_with("TELEMETRY_") || known.starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_program_reads_its_real_environment_and_warns_of_names_that_nothing_reads() {
    let (succeeded, log) = quickstart(&[
        ("TELEMETRY_BIND", "127.0.0.1:0"),
        ("TELEMETRY_BNID", "off"),
        ("OTEL_SERVICE_NAME", "renamed"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.version=7%20beta"),
    ]);
    assert!(succeeded, "{log}");
    let line = log.lines().find(|line| line.starts_with("telemetry service=")).unwrap();
    assert!(line.starts_with("telemetry service=renamed version=7_beta metrics=http://"), "{line}");
    assert!(line.contains(" warnings=1 "), "{line}");
    let warning =
        "telemetry: TELEMETRY_BNID is set, but nothing reads it; did you mean TELEMETRY_BIND?";
    assert!(log.lines().any(|line| line == warning), "{log}");
}

#[test]
fn a_program_with_bad_values_ends_and_names_all_of_them() {
    let (succeeded, log) = quickstart(&[("TELEMETRY_BIND", "nowhere"), ("OTEL_SDK_DISABLED", "1")]);
    assert!(!succeeded);
    for said in ["TELEMETRY_BIND is \"nowhere\"", "OTEL_SDK_DISABLED is \"1\", which is neither"] {
        assert!(log.contains(said), "{said} in {log}");
    }
}
