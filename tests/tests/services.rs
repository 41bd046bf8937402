//! Checks of real servers that hang, are killed, refuse, and come back, while the program serves.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::routing::get;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};
use serde_json::Value;
use telemetry_runtime::health::{CheckReason, Readiness};
use telemetry_runtime::{HealthCheck, Telemetry};
use telemetry_tests::postgres::Postgres;
use telemetry_tests::process::Process;
use telemetry_tests::redis::Redis;
use telemetry_tests::s3::{Keys, S3};
use telemetry_tests::{cargo, http, wait};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const EVERY: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_millis(500);
/// By when what happens to a server is told: an interval, a tenth of it, a timeout, and what a machine that is busy
/// may add.
const LIMIT: Duration = Duration::from_millis(200 + 20 + 500 + 5000);

/// A program that looks at real servers, and serves what it has by itself.
struct Program {
    telemetry: Telemetry,
    url: String,
    // dropped last: the checks and the server are tasks of it
    _executor: Runtime,
}

impl Program {
    /// The checks are made within the executor.
    fn start(checks: impl FnOnce(&Runtime) -> Vec<HealthCheck>) -> Self {
        let executor = Runtime::new().unwrap();
        let within = executor.enter();
        let none: [(&str, &str); 0] = [];
        let builder = Telemetry::builder().admin("127.0.0.1:0").environment(none).log(|_| {});
        let checks = checks(&executor).into_iter().map(|check| check.every(EVERY).timeout(TIMEOUT));
        let telemetry = checks.fold(builder, telemetry_runtime::Builder::check).start().unwrap();
        let shelf = Router::new().route("/shelf", get(async || "full"));
        let router = shelf.nest_service("/health", telemetry.health().service());
        let listener = executor.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        executor.spawn(async move { axum::serve(listener, router).await });
        drop(within);
        Self { telemetry, url, _executor: executor }
    }

    /// Waits for a state, of which both bodies name the checks that fail, within an interval and a timeout.
    /// Meanwhile and after it the program is alive, and serves.
    fn turns(&self, readiness: Readiness, failing: &[&str]) {
        let began = Instant::now();
        let admin = format!("http://{}", self.telemetry.admin_address().unwrap());
        let probe = || -> Result<()> {
            self.serves();
            for base in [&admin, &self.url] {
                let answer = http::get(&format!("{base}/health/ready"), &[])?;
                let body: Value = serde_json::from_str(&answer.body)?;
                ensure!(body["status"] == readiness.as_str(), "{body}");
                ensure!(answer.status == readiness.status_code().as_u16(), "{}", answer.status);
                for (name, word) in body["checks"].as_object().context("no checks")? {
                    let expected = if failing.contains(&&**name) { "failed" } else { "ok" };
                    ensure!(word == expected, "{body}");
                }
            }
            Ok(())
        };
        wait::until(readiness.as_str(), LIMIT, probe).unwrap();
        println!("{readiness} {failing:?} after {:?}", began.elapsed());
        self.serves();
    }

    fn serves(&self) {
        for (path, body) in [("/shelf", "full"), ("/health", r#"{"status":"ok"}"#)] {
            let answer = http::get(&format!("{}{path}", self.url), &[]).unwrap();
            assert_eq!((answer.status, &*answer.body), (200, body), "{path}");
        }
    }

    /// Why a check fails, as operators are told.
    fn failure(&self, name: &str) -> (Option<CheckReason>, String) {
        let snapshot = self.telemetry.health().snapshot();
        let check = snapshot.check(name).unwrap();
        (check.reason, check.message.as_deref().unwrap_or_default().to_owned())
    }
}

/// A real server that can be away in several ways.
trait Server {
    fn signal(&self, name: &str) -> Result<()>;
    fn kill(&mut self) -> Result<()>;
    fn restart(&mut self) -> Result<()>;
    /// At its address, where it refuses whom it knew.
    fn restart_for_others(&mut self) -> Result<()>;
}

macro_rules! servers {
    ($($server:ident: |$killed:ident| $kill:expr;)*) => {$(
        impl Server for $server {
            fn signal(&self, name: &str) -> Result<()> {
                $server::signal(self, name)
            }
            fn kill(&mut self) -> Result<()> {
                let $killed = self;
                $kill
            }
            fn restart(&mut self) -> Result<()> {
                $server::restart(self)
            }
            fn restart_for_others(&mut self) -> Result<()> {
                $server::restart_for_others(self)
            }
        }
    )*};
}

servers! {
    Postgres: |server| Postgres::kill(server);
    Redis: |server| { Redis::kill(server); Ok(()) };
    S3: |server| { S3::kill(server); Ok(()) };
}

/// A store that asks once, so that a check tells why it fails rather than that it took too long.
fn store(server: &S3, keys: &Keys) -> AmazonS3 {
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    AmazonS3Builder::new()
        .with_endpoint(server.url())
        .with_bucket_name(S3::BUCKET)
        .with_region("us-east-1")
        .with_access_key_id(&keys.access)
        .with_secret_access_key(&keys.secret)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(retry)
        .build()
        .unwrap()
}

fn object(name: &str, store: AmazonS3) -> HealthCheck {
    telemetry_object_store::health::object(name, Arc::new(store), S3::OBJECT)
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn readiness_follows_real_servers_that_hang_are_killed_refuse_and_come_back() {
    let mut postgres = Postgres::start().unwrap();
    let mut redis = Redis::start().unwrap();
    let mut s3 = S3::start().unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let program = Program::start(|executor| {
        let pool = executor.block_on(sqlx::PgPool::connect(&postgres.url())).unwrap();
        vec![
            telemetry_sqlx::health::pool("database", pool),
            telemetry_redis::health::client("cache", client).optional(),
            object("receipts", store(&s3, &s3.keys)).optional(),
        ]
    });
    program.turns(Readiness::Ready, &[]);

    let servers: [(&str, Readiness, &str, &mut dyn Server); 3] = [
        ("database", Readiness::NotReady, "pg_hba.conf rejects", &mut postgres),
        ("cache", Readiness::Degraded, "Authentication required", &mut redis),
        ("receipts", Readiness::Degraded, "403", &mut s3),
    ];
    for (name, readiness, refusal, server) in servers {
        server.signal("STOP").unwrap();
        program.turns(readiness, &[name]);
        // of the check, or of the client that it asks with, whichever is shorter
        let (reason, message) = program.failure(name);
        let took_too_long = reason == Some(CheckReason::Timeout) || message.contains("timed out");
        assert!(took_too_long, "{name} hangs: {reason:?} {message}");
        server.signal("CONT").unwrap();
        program.turns(Readiness::Ready, &[]);

        server.kill().unwrap();
        program.turns(readiness, &[name]);
        server.restart_for_others().unwrap();
        let refused = || {
            let (reason, message) = program.failure(name);
            ensure!(reason == Some(CheckReason::Error) && message.contains(refusal), "{message}");
            Ok(())
        };
        wait::until("refusal", LIMIT, refused).unwrap();
        program.turns(readiness, &[name]);
        server.restart().unwrap();
        program.turns(Readiness::Ready, &[]);
    }

    redis.kill();
    s3.kill();
    program.turns(Readiness::Degraded, &["cache", "receipts"]);
    postgres.kill().unwrap();
    program.turns(Readiness::NotReady, &["cache", "database", "receipts"]);
    redis.restart().unwrap();
    s3.restart().unwrap();
    program.turns(Readiness::NotReady, &["database"]);
    postgres.restart().unwrap();
    program.turns(Readiness::Ready, &[]);
}

/// The shop itself, which connects to what it looks at: it sees what is killed, and serves without.
#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn shop_serves_without_the_servers_that_it_looks_at_and_names_those_that_are_killed() {
    let mut postgres = Postgres::start().unwrap();
    let mut redis = Redis::start().unwrap();
    let mut s3 = S3::start().unwrap();
    let watch = [("archive", postgres.url()), ("cache", redis.url()), ("receipts", s3.url())];
    let watch = watch.map(|(name, url)| {
        let (_, rest) = url.split_once("://").unwrap();
        let host = rest.split('/').next().unwrap().rsplit('@').next().unwrap();
        format!("{name}=tcp://{host}")
    });
    let mut command = Command::new(cargo::build_program("shop").unwrap());
    command.env("SHOP_ADDR", "127.0.0.1:0").env("TELEMETRY_BIND", "127.0.0.1:0");
    command.env("SHOP_WATCH", watch.join(","));
    command.env("TELEMETRY_HEALTH_INTERVAL", "200ms").env("TELEMETRY_HEALTH_TIMEOUT", "500ms");
    let shop = Process::spawn("shop", &mut command).unwrap();
    let url = shop.wait_for_value("shop", Duration::from_mins(1)).unwrap();
    let turns = |status: &str, failing: &[&str]| {
        wait::until(status, LIMIT, || {
            for path in ["/products", "/products/6", "/health"] {
                let answer = http::get(&format!("{url}{path}"), &[])?;
                assert_eq!(answer.status, 200, "{path} {}", answer.body);
            }
            let answer = http::get(&format!("{url}/health/ready"), &[])?;
            let body: Value = serde_json::from_str(&answer.body)?;
            ensure!(answer.status == 200 && body["status"] == status, "{body}");
            for name in ["archive", "cache", "receipts"] {
                let expected = if failing.contains(&name) { "failed" } else { "ok" };
                ensure!(body["checks"][name] == expected, "{body}");
            }
            Ok(())
        })
        .unwrap();
    };
    turns("ready", &[]);
    let servers: [(&str, &mut dyn Server); 3] =
        [("archive", &mut postgres), ("cache", &mut redis), ("receipts", &mut s3)];
    for (name, server) in servers {
        server.kill().unwrap();
        turns("degraded", &[name]);
        server.restart().unwrap();
        turns("ready", &[]);
    }
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn store_that_is_asked_with_a_wrong_secret_or_for_what_is_not_there_fails() {
    let s3 = S3::start().unwrap();
    let program = Program::start(|_| {
        let wrong = Keys { secret: "wrong".into(), ..s3.keys.clone() };
        let missing = Arc::new(store(&s3, &s3.keys));
        vec![
            object("right", store(&s3, &s3.keys)),
            object("wrong-secret", store(&s3, &wrong)).optional(),
            telemetry_object_store::health::object("no-object", missing, "none").optional(),
        ]
    });
    program.turns(Readiness::Degraded, &["wrong-secret", "no-object"]);
    for (name, said) in [("wrong-secret", "403"), ("no-object", "404")] {
        let (reason, message) = program.failure(name);
        assert_eq!(reason, Some(CheckReason::Error), "{name}: {message}");
        assert!(message.contains(said), "{name}: {message}");
        assert!(!message.contains(&s3.keys.secret), "{name}: {message}");
    }
}
