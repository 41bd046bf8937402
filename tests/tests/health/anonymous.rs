//! Nobody who is unknown learns from probes what the program depends on, and why that fails.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use object_store::aws::AmazonS3Builder;
use object_store::{ClientOptions, RetryConfig};
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use telemetry_runtime::health::{CheckStatus, HealthOptions, Readiness, checks};
use telemetry_runtime::reporter::{Report, Reporter};
use telemetry_runtime::{Builder, Child, HealthCheck, Restart, Snapshot, Telemetry};
use telemetry_tests::http;
use tokio::runtime::Runtime;

use crate::{json, probe_with, until, until_true, with};

/// All that is of operators alone has one of these in it: the words of this test and of its service, the
/// host that everything is on, and what errors say.
const TELLING: [&str; 16] = [
    "hush",
    "127.83.69.67",
    "postgres://",
    "redis://",
    "http://",
    "secret-service",
    "9.8.7",
    "refused",
    "os error",
    "no such file",
    "panicked",
    "timeout",
    "no answer",
    "bytes",
    "descriptors",
    "waited",
];
/// The host, which is this machine by another name.
const HOST: &str = "127.83.69.67";
const ALICE: (&str, &str) = ("x-operator", "alice");

/// Every check that there is, and each fails, or warns.
fn everything_that_fails(executor: &Runtime) -> Builder {
    let closed = TcpListener::bind((HOST, 0)).unwrap().local_addr().unwrap();
    let hostile = answers_nonsense();
    let url = |scheme: &str| format!("{scheme}://hush-user:hush-password@{hostile}/hush-path");
    let pool = PgPoolOptions::new().connect_lazy(&url("postgres")).unwrap();
    let client = redis::Client::open(format!("redis://:hush-password@{hostile}/")).unwrap();
    let store = AmazonS3Builder::new()
        .with_endpoint(format!("http://{hostile}"))
        .with_bucket_name("hush-bucket")
        .with_access_key_id("hush-key")
        .with_secret_access_key("hush-secret")
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
        .build()
        .unwrap();
    let handle = executor.handle().clone();
    let fails = Child::task("hush-child", |_| async { Err::<(), _>("hush-reason") });
    with(HealthOptions::new().viewer(|request| request.headers.contains_key(ALICE.0)))
        .supervise(fails.restart(Restart::Temporary))
        .reporter(Vain)
        .check(checks::tcp_connect("a-tcp", closed.to_string()))
        .check(checks::http_get("b-http", url("http")))
        .check(checks::disk_space("c-disk", "/hush-folder", u64::MAX))
        .check(checks::directory_writable("d-directory", "/hush-folder"))
        .check(checks::descriptors_below("e-files", 0.0))
        .check(checks::event_loop_lag_below("f-loop", handle, Duration::ZERO))
        .check(checks::supervision("g-children"))
        .check(checks::reporters("h-reports"))
        .check(telemetry_sqlx::health::pool("i-sql", pool))
        .check(telemetry_redis::health::client("j-redis", client))
        .check(telemetry_object_store::health::object("k-s3", Arc::new(store), "hush-object"))
        .check(HealthCheck::blocking("l-error", || {
            Err::<(), _>("hush: token=hush at 127.83.69.67")
        }))
        .check(HealthCheck::new("m-panic", || async { panic!("hush-panic") as () }))
        .check(HealthCheck::new("n-hang", std::future::pending::<()>).timeout(crate::EVERY))
}

/// What listens there, and is no server of anything.
fn answers_nonsense() -> std::net::SocketAddr {
    let server = TcpListener::bind((HOST, 0)).unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in server.incoming().flatten() {
            let _ = (&stream).write_all(b"-hush-banner\r\n\r\n");
        }
    });
    address
}

/// Reports in vain.
struct Vain;

impl Reporter for Vain {
    fn name(&self) -> &'static str {
        "hush-reporter"
    }

    fn interval(&self) -> Option<Duration> {
        Some(crate::EVERY)
    }

    fn report<'r>(&'r mut self, _: &'r Snapshot) -> Report<'r> {
        Box::pin(async {
            Err(telemetry_runtime::Error::reporter("hush-reporter", "hush-receiver"))
        })
    }
}

/// The addresses at which probes are answered: the telemetry's own, and that of the application.
fn bases(telemetry: &Telemetry, executor: &Runtime) -> [String; 2] {
    let listener = executor.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().nest_service("/health", telemetry.health().service());
    executor.spawn(async move { axum::serve(listener, router).await });
    [telemetry.admin_address().unwrap(), address].map(|address| format!("http://{address}"))
}

#[test]
fn anonymous_callers_learn_nothing_of_any_check_that_fails() {
    let executor = Runtime::new().unwrap();
    let telemetry = {
        let _within = executor.enter();
        everything_that_fails(&executor).start().unwrap()
    };
    until(&telemetry, Readiness::NotReady);
    until_true("failures of all checks", || {
        let snapshot = telemetry.health().snapshot();
        let fails = |status| matches!(status, Some(CheckStatus::Fail | CheckStatus::Warn));
        snapshot.checks().iter().all(|check| fails(check.status))
    });

    // there is something to be told: operators are told it
    let names: Vec<String> =
        telemetry.health().snapshot().checks().iter().map(|check| check.name.to_string()).collect();
    assert_eq!(names.len(), 14);
    for name in &names {
        let seen = probe_with(&telemetry, &format!("/health/ready/{name}?verbose"), &[ALICE]).body;
        assert!(
            TELLING.iter().any(|word| seen.contains(word)),
            "nothing is told of {name}: {seen}"
        );
        assert!(!seen.contains("hush-password") && !seen.contains("hush-secret"), "{seen}");
    }

    let mut paths: Vec<String> = ["", "/live", "/ready", "/startup", "/none", "/ready/none"]
        .map(|path| format!("/health{path}"))
        .to_vec();
    paths.extend(names.iter().map(|name| format!("/health/ready/{name}")));
    paths.extend(["/livez", "/readyz", "/startupz", "/readyz/i-sql", "/"].map(str::to_owned));
    for base in bases(&telemetry, &executor) {
        for path in &paths {
            for query in ["", "?verbose", "?verbose=1&details=always&x-operator=alice"] {
                for accept in
                    ["application/json", "text/plain", "application/health+json", "text/html"]
                {
                    for method in ["GET", "HEAD", "DELETE"] {
                        // none of these is an operator's
                        let headers = [
                            ("accept", accept),
                            ("authorization", "Bearer alice"),
                            ("x-forwarded-for", "127.0.0.1"),
                            ("cookie", "x-operator=alice"),
                        ];
                        let url = format!("{base}{path}{query}");
                        let answer = http::exchange(method, &url, &headers).unwrap();
                        let seen = format!("{:?} {}", answer.headers, answer.body).to_lowercase();
                        for word in TELLING {
                            assert!(!seen.contains(word), "{word} is in {method} {url}: {seen}");
                        }
                    }
                }
            }
        }
    }
    let verbose = json(&probe_with(&telemetry, "/health/ready?verbose", &[]));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&verbose), BTreeSet::from(["checks".into(), "status".into()]));
    for check in verbose["checks"].as_array().unwrap() {
        assert_eq!(keys(check), BTreeSet::from(["name".into(), "status".into()]));
    }
}
