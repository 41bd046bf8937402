//! What is written for containers and clusters, as far as it can be tried without them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;
use telemetry_tests::process::Process;
use telemetry_tests::{cargo, components, http, wait};

const LIMIT: Duration = Duration::from_mins(1);
const MANIFESTS: [&str; 3] = ["deployment.yaml", "service.yaml", "network-policy.yaml"];

fn file(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

fn path(name: &str) -> PathBuf {
    cargo::root().join("examples/shop/deploy").join(name)
}

/// The values behind a key, wherever it stands in a line.
fn values<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let values = lines.filter_map(|line| line.split_once(key)).map(|(_, value)| value);
    values.map(|value| value.split([',', '}']).next().unwrap().trim()).collect()
}

/// The seconds of `8`, `5s` or `20s`.
fn seconds(text: &str) -> u64 {
    text.trim_end_matches('s').parse().unwrap()
}

#[test]
fn commands_and_paths_of_the_files_are_those_of_the_shop() {
    let (dockerfile, compose) = (file("Dockerfile"), file("compose.yaml"));
    let admin = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shop = cargo::build_program("shop").unwrap();
    let mut command = Command::new(&shop);
    command.env("SHOP_ADDR", "127.0.0.1:0").env("TELEMETRY_BIND", admin.to_string());
    let running = Process::spawn("shop", &mut command).unwrap();
    let url = running.wait_for_value("shop", LIMIT).unwrap();

    // as docker runs it, but for the place of the program
    for (text, line) in [(&dockerfile, "CMD [\"/shop\","), (&compose, "[\"CMD\", \"/shop\",")] {
        let (_, arguments) = text.split_once(line).unwrap();
        let (arguments, _) = arguments.split_once(']').unwrap();
        let arguments: Vec<&str> =
            arguments.split(',').map(|one| one.trim().trim_matches('"')).collect();
        wait::until("healthy shop", LIMIT, || {
            let mut probe = Command::new(&shop);
            let output =
                probe.args(&arguments).env("TELEMETRY_BIND", admin.to_string()).output()?;
            ensure!(output.status.code() == Some(0), "{arguments:?}: {output:?}");
            Ok(())
        })
        .unwrap();
    }
    let paths = values(&file("kubernetes/deployment.yaml"), "httpGet: {path:")
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    assert_eq!(paths, ["/health/startup", "/health", "/health/ready"]);
    for path in &paths {
        for base in [format!("http://{admin}"), url.clone()] {
            assert_eq!(
                http::get(&format!("{base}{path}"), &[]).unwrap().status,
                200,
                "{base}{path}"
            );
        }
    }
}

#[test]
fn program_has_ended_before_it_is_killed() {
    let deployment = file("kubernetes/deployment.yaml");
    let of = |name: &str| {
        let line = format!("name: {name}, value:");
        seconds(values(&deployment, &line)[0])
    };
    let (delay, timeout) =
        (of("TELEMETRY_HEALTH_DRAIN_DELAY"), of("TELEMETRY_HEALTH_DRAIN_TIMEOUT"));
    let grace = seconds(values(&deployment, "terminationGracePeriodSeconds:")[0]);
    // what the shop gives its telemetry
    assert!(delay + timeout + 3 < grace, "{delay} + {timeout} + 3 is not below {grace}");
    let compose = file("compose.yaml");
    let timeout = seconds(values(&compose, "TELEMETRY_HEALTH_DRAIN_TIMEOUT:")[0]);
    assert!(timeout + 3 < seconds(values(&compose, "stop_grace_period:")[0]));
}

#[test]
fn shop_has_no_rights_in_its_cluster_and_none_to_spare_in_its_container() {
    let deployment = file("kubernetes/deployment.yaml");
    for line in [
        "automountServiceAccountToken: false",
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "drop: [ALL]",
    ] {
        assert!(deployment.contains(line), "{line}");
    }
    for manifest in MANIFESTS {
        let kind = values(&file(&format!("kubernetes/{manifest}")), "kind:").concat();
        assert!(["Deployment", "Service", "NetworkPolicy"].contains(&&*kind), "{kind}");
    }
    assert!(file("Dockerfile").contains("distroless/cc-debian12:nonroot"));
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn linter_has_nothing_to_say_of_the_image() {
    let linter = components::find("hadolint").unwrap();
    let output = Command::new(linter).arg(path("Dockerfile")).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn manifests_are_of_the_schema_of_kubernetes() {
    let validator = components::find("kubernetes-validate").unwrap();
    for manifest in MANIFESTS {
        let file = path(&format!("kubernetes/{manifest}"));
        let output = Command::new(&validator).arg("--strict").arg(file).output().unwrap();
        assert!(output.status.success(), "{manifest}: {output:?}");
    }
}
