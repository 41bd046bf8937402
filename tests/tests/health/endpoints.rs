//! What probes are answered.

use telemetry_runtime::HealthCheck;
use telemetry_runtime::health::{Details, HealthOptions, Readiness, Verdict};
use telemetry_tests::http;

use crate::{builder, json, probe, probe_with, until, with};

/// What only operators may see.
const SECRETS: [&str; 6] =
    ["db.internal", "sesame", "secret-service", "9.8.7", "connection refused", "database is"];

fn failing() -> HealthCheck {
    HealthCheck::blocking("db", || -> Result<(), &str> {
        Err("database is away: postgres://me:sesame@db.internal/shop: connection refused")
    })
}

#[test]
fn paths_and_aliases_answer_as_they_are_documented() {
    let telemetry = builder().check(HealthCheck::blocking("cache", || ())).start().unwrap();
    until(&telemetry, Readiness::Ready);
    for (path, body) in [
        ("/health", r#"{"status":"ok"}"#),
        ("/health/live", r#"{"status":"ok"}"#),
        ("/livez", r#"{"status":"ok"}"#),
        ("/health/ready", r#"{"status":"ready","checks":{"cache":"ok"}}"#),
        ("/readyz", r#"{"status":"ready","checks":{"cache":"ok"}}"#),
        ("/health/startup", r#"{"status":"started"}"#),
        ("/startupz", r#"{"status":"started"}"#),
        ("/health/ready/cache", r#"{"name":"cache","status":"pass"}"#),
        ("/readyz/cache", r#"{"name":"cache","status":"pass"}"#),
    ] {
        let answer = probe(&telemetry, path);
        assert_eq!((answer.status, &*answer.body), (200, body), "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
    for path in ["/health/ready/none", "/health/none", "/health/ready/cache/more"] {
        assert_eq!(probe(&telemetry, path).status, 404, "{path}");
    }
}

#[test]
fn head_has_the_same_head_and_other_methods_are_refused() {
    let telemetry = builder().check(failing()).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    let url = format!("http://{}/health/ready", telemetry.admin_address().unwrap());
    let mut answers = ["GET", "HEAD"].map(|method| http::exchange(method, &url, &[]).unwrap());
    for answer in &mut answers {
        answer.headers.remove("date");
        assert_eq!((answer.status, &*answer.headers["retry-after"]), (503, "5"));
    }
    let [get, head] = answers;
    assert_eq!(get.headers, head.headers);
    assert!(head.body.is_empty() && !get.body.is_empty());
    let post = http::exchange("DELETE", &url, &[]).unwrap();
    assert_eq!((post.status, &*post.headers["allow"]), (405, "GET, HEAD"));
    // a body that may not be sniffed says what it is
    assert_eq!(post.headers["content-type"], "text/plain; charset=utf-8");
}

#[test]
fn text_is_for_who_asks_for_it() {
    let cache = HealthCheck::blocking("cache", || Verdict::Warn("slow".into())).optional();
    let telemetry = builder().check(failing()).check(cache).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    let text = [("accept", "text/plain")];
    assert_eq!(probe_with(&telemetry, "/health", &text).body, "ok\n");
    assert_eq!(probe_with(&telemetry, "/health/ready", &text).body, "not_ready\n");
    let verbose = probe_with(&telemetry, "/health/ready?verbose", &text);
    assert_eq!(verbose.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(
        verbose.body,
        "[+]cache warning: reason withheld\n[-]db failed: reason withheld\nnot_ready: check failed\n"
    );
}

#[test]
fn anonymous_callers_see_names_and_one_word_each() {
    let telemetry = builder().check(failing()).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    for accept in ["application/json", "text/plain", "text/html"] {
        for path in [
            "/health",
            "/health?verbose",
            "/health/ready",
            "/health/ready?verbose",
            "/health/ready?verbose=1&token=x",
            "/health/ready/db",
            "/health/ready/db?verbose",
            "/health/startup?verbose",
            "/readyz?verbose",
            "/health/none",
            "/",
        ] {
            let answer = probe_with(&telemetry, path, &[("accept", accept)]);
            let seen = format!("{:?} {}", answer.headers, answer.body).to_lowercase();
            for secret in SECRETS {
                assert!(!seen.contains(secret), "{secret} is in {path}: {seen}");
            }
        }
    }
    let verbose = json(&probe(&telemetry, "/health/ready?verbose"));
    let expected = serde_json::json!([{"name": "db", "status": "fail"}]);
    assert_eq!(verbose["checks"], expected);
}

#[test]
fn who_may_know_sees_everything_but_secrets() {
    let options = HealthOptions::new()
        .viewer(|request| request.headers.get("x-operator").is_some_and(|who| who == "alice"));
    let telemetry = with(options).check(failing()).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    let alice = [("x-operator", "alice")];
    let seen = json(&probe_with(&telemetry, "/health/ready?verbose", &alice));
    assert_eq!((&seen["service"], &seen["version"]), (&"secret-service".into(), &"9.8.7".into()));
    let check = &seen["checks"][0];
    assert_eq!((&check["reason"], &check["critical"]), (&"error".into(), &true.into()));
    let message = check["message"].as_str().unwrap();
    assert_eq!(message, "database is away: postgres://***@db.internal/shop: connection refused");
    assert!(check["consecutive_failures"].as_u64() > Some(0));
    let mallory = probe_with(&telemetry, "/health/ready?verbose", &[("x-operator", "mallory")]);
    assert!(!mallory.body.contains("message"), "{}", mallory.body);
}

#[test]
fn a_viewer_that_panics_knows_nobody() {
    let options = HealthOptions::new().viewer(|_| panic!("no key"));
    let telemetry = with(options).check(failing()).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    let answer = probe(&telemetry, "/health/ready?verbose");
    assert!(answer.status == 503 && !answer.body.contains("message"), "{}", answer.body);
}

#[test]
fn details_for_nobody_are_not_even_names() {
    let options = HealthOptions::new().details(Details::Never).viewer(|_| true);
    let telemetry = with(options).check(failing()).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    for path in ["/health/ready", "/health/ready?verbose"] {
        assert_eq!(probe(&telemetry, path).body, r#"{"status":"not_ready"}"#);
    }
    assert_eq!(probe(&telemetry, "/health/ready/db").status, 404);
}

#[test]
fn environment_can_only_take_details_away() {
    let start = |granted, value| {
        let options = HealthOptions::new().details(granted);
        with(options).environment([("TELEMETRY_HEALTH_DETAILS", value)]).check(failing()).start()
    };
    let telemetry = start(Details::Always, "never").unwrap();
    until(&telemetry, Readiness::NotReady);
    assert_eq!(probe(&telemetry, "/health/ready?verbose").body, r#"{"status":"not_ready"}"#);
    let error = start(Details::Authorized, "always").unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("TELEMETRY_HEALTH_DETAILS"), "{error}");
}

#[test]
fn body_stays_the_same_while_the_state_does() {
    let telemetry = builder().check(failing()).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    let runs = || telemetry.health().snapshot().check("db").unwrap().runs;
    let (before, first) = (runs(), probe(&telemetry, "/health/ready").body);
    crate::until_true("more runs", || runs() > before + 2);
    assert_eq!(probe(&telemetry, "/health/ready").body, first);
}
