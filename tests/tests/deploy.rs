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

/// What a file says in the environment: lines such as `A: b` of compose, and `{name: A, value: b}` of Kubernetes.
fn environment(text: &str) -> Vec<(String, String)> {
    let is_ours = |name: &str| ["SHOP_", "TELEMETRY_", "OTEL_"].iter().any(|p| name.starts_with(p));
    let lines = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("- {name: ").trim_end_matches('}');
        let (name, value) = line.split_once(", value: ").or_else(|| line.split_once(": "))?;
        is_ours(name).then(|| (name.to_owned(), value.to_owned()))
    });
    lines.collect()
}

#[test]
fn shop_knows_all_that_the_files_say_in_its_environment_and_ends_in_time() {
    let shop = cargo::build_program("shop").unwrap();
    for (name, variables) in [("compose.yaml", 2), ("kubernetes/deployment.yaml", 3)] {
        let text = file(name);
        let environment = environment(&text);
        assert_eq!(environment.len(), variables, "{name}: {environment:?}");
        let mut command = Command::new(&shop);
        command.envs(environment.clone());
        // as they are on this machine, where nothing that is looked at is there
        command.env("SHOP_ADDR", "127.0.0.1:0").env("TELEMETRY_BIND", "127.0.0.1:0");
        if let Some((_, watch)) = environment.iter().find(|(name, _)| name == "SHOP_WATCH") {
            let here =
                watch.replace("postgres:5432", "127.0.0.1:1").replace("redis:6379", "127.0.0.1:1");
            assert!(here.matches("127.0.0.1:1").count() == 2, "{here}");
            command.env("SHOP_WATCH", here);
        }
        let mut running = Process::spawn("shop", &mut command).unwrap();
        let url = running.wait_for_value("shop", LIMIT).unwrap();
        assert_eq!(running.wait_for_value("warnings", LIMIT).unwrap(), "0", "{}", running.log());
        wait::until("ready shop", LIMIT, || {
            let answer = http::get(&format!("{url}/health/ready"), &[])?;
            ensure!(answer.status == 200, "{}", answer.body);
            Ok(())
        })
        .unwrap();
        assert_eq!(http::get(&format!("{url}/products"), &[]).unwrap().status, 200, "{name}");
        running.signal("TERM").unwrap();
        let grace = ["terminationGracePeriodSeconds:", "stop_grace_period:"]
            .iter()
            .find_map(|key| values(&text, key).first().map(|value| seconds(value)));
        let status = running.wait(Duration::from_secs(grace.unwrap())).unwrap();
        assert!(status.success(), "{name}: {status}");
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
        "enableServiceLinks: false",
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "drop: [ALL]",
        "requests: {cpu: 100m, memory: 64Mi}",
        "limits: {memory: 256Mi}",
    ] {
        assert!(deployment.contains(line), "{line}");
    }
    let compose = file("compose.yaml");
    for line in ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "mem_limit: 256m"]
    {
        assert!(compose.contains(line), "{line}");
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
