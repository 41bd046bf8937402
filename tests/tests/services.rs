//! Checks of real servers that are killed, held up, and come back.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;
use telemetry_runtime::health::Readiness;
use telemetry_runtime::{HealthCheck, Telemetry};
use telemetry_tests::postgres::Postgres;
use telemetry_tests::redis::Redis;
use telemetry_tests::{http, wait};
use tokio::runtime::Runtime;

const EVERY: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_millis(500);
/// What a machine that is busy may add.
const SLACK: Duration = Duration::from_secs(5);

fn telemetry(checks: impl IntoIterator<Item = HealthCheck>) -> Telemetry {
    let none: [(&str, &str); 0] = [];
    let builder = Telemetry::builder().admin("127.0.0.1:0").environment(none).log(|_| {});
    let checks = checks.into_iter().map(|check| check.every(EVERY).timeout(TIMEOUT));
    checks.fold(builder, telemetry_runtime::Builder::check).start().unwrap()
}

/// Waits for a state, of which the body names the checks that fail, within an interval and a timeout.
fn turns(telemetry: &Telemetry, readiness: Readiness, failing: &[&str]) {
    let began = Instant::now();
    let address = telemetry.admin_address().unwrap();
    let probe = || -> Result<()> {
        let answer = http::get(&format!("http://{address}/health/ready"), &[])?;
        let body: Value = serde_json::from_str(&answer.body)?;
        ensure!(body["status"] == readiness.as_str(), "{body}");
        ensure!(answer.status == readiness.status_code().as_u16(), "{}", answer.status);
        for (name, word) in body["checks"].as_object().into_iter().flatten() {
            let expected = if failing.contains(&&**name) { "failed" } else { "ok" };
            ensure!(word == expected, "{body}");
        }
        Ok(())
    };
    let limit = EVERY + EVERY / 10 + TIMEOUT + SLACK;
    wait::until(readiness.as_str(), limit, probe).unwrap();
    println!("{readiness} {failing:?} after {:?}", began.elapsed());
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn readiness_follows_real_servers_that_are_killed_held_up_and_come_back() {
    let executor = Runtime::new().unwrap();
    let mut postgres = Postgres::start().unwrap();
    let mut redis = Redis::start().unwrap();
    let pool = executor.block_on(sqlx::PgPool::connect(&postgres.url())).unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let telemetry = {
        let _within = executor.enter();
        telemetry([
            telemetry_sqlx::health::pool("database", pool.clone()),
            telemetry_redis::health::client("cache", client).optional(),
        ])
    };
    turns(&telemetry, Readiness::Ready, &[]);

    redis.signal("STOP").unwrap();
    turns(&telemetry, Readiness::Degraded, &["cache"]);
    redis.signal("CONT").unwrap();
    turns(&telemetry, Readiness::Ready, &[]);
    redis.kill();
    turns(&telemetry, Readiness::Degraded, &["cache"]);
    redis.restart().unwrap();
    turns(&telemetry, Readiness::Ready, &[]);

    postgres.signal("STOP").unwrap();
    turns(&telemetry, Readiness::NotReady, &["database"]);
    let address = telemetry.admin_address().unwrap();
    let live = http::get(&format!("http://{address}/health"), &[]).unwrap();
    assert_eq!(live.status, 200, "a dependency that hangs kills nobody");
    postgres.signal("CONT").unwrap();
    turns(&telemetry, Readiness::Ready, &[]);
    postgres.kill().unwrap();
    turns(&telemetry, Readiness::NotReady, &["database"]);
    redis.kill();
    turns(&telemetry, Readiness::NotReady, &["cache", "database"]);
    redis.restart().unwrap();
    postgres.restart().unwrap();
    turns(&telemetry, Readiness::Ready, &[]);
    executor.block_on(pool.close());
}
