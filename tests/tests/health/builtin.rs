//! The checks that come with the runtime.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telemetry_runtime::health::{CheckReason, CheckStatus, Readiness, checks};
use telemetry_runtime::reporter::{Report, Reporter};
use telemetry_runtime::{Child, HealthCheck, Restart, Snapshot, Telemetry};

use crate::{builder, until, until_true};

fn status(telemetry: &Telemetry, name: &str) -> Option<CheckStatus> {
    telemetry.health().snapshot().check(name).unwrap().status
}

fn message(telemetry: &Telemetry, name: &str) -> String {
    let snapshot = telemetry.health().snapshot();
    snapshot.check(name).unwrap().message.as_deref().unwrap_or_default().to_owned()
}

#[test]
fn tcp_connect_tells_whether_something_listens() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let check = checks::tcp_connect("tcp", address.to_string());
    let telemetry = builder().check(check).start().unwrap();
    until(&telemetry, Readiness::Ready);
    drop(server);
    until(&telemetry, Readiness::NotReady);
    assert!(message(&telemetry, "tcp").contains("refused"));
}

#[test]
fn http_get_passes_for_2xx_and_outlives_a_server_that_hangs() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health", server.local_addr().unwrap());
    let answer = Arc::new(std::sync::Mutex::new("200 OK"));
    let answers = answer.clone();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            // a connection that closes with unread bytes is reset; the request comes as a whole
            let _ = stream.read(&mut [0; 1024]);
            match *answers.lock().unwrap() {
                // The client waits in vain.
                "" => kept.push(stream),
                answer => {
                    let _ = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
                }
            }
        }
    });
    let check = checks::http_get("http", url).timeout(Duration::from_millis(100));
    let telemetry = builder().check(check).start().unwrap();
    for bad in ["500 No", "", "404 No"] {
        *answer.lock().unwrap() = "204 No Content";
        until(&telemetry, Readiness::Ready);
        *answer.lock().unwrap() = bad;
        until(&telemetry, Readiness::NotReady);
    }
    let wrong = checks::http_get("wrong", "https://127.0.0.1/");
    telemetry.health().add(wrong.optional()).unwrap();
    until_true("the failure", || message(&telemetry, "wrong").contains("http://"));
}

#[test]
fn disk_and_directory_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let telemetry = builder()
        .check(checks::disk_space("room", folder.path(), 1))
        .check(checks::disk_space("no-room", folder.path(), u64::MAX).optional())
        .check(checks::disk_space("no-disk", &gone, 1).optional())
        .check(checks::directory_writable("folder", folder.path()).every(crate::EVERY))
        .check(checks::directory_writable("no-folder", &gone).optional())
        .start()
        .unwrap();
    until(&telemetry, Readiness::Degraded);
    until_true("all results", || {
        let snapshot = telemetry.health().snapshot();
        snapshot.checks().iter().all(|check| check.status.is_some())
    });
    for (name, expected) in [
        ("room", CheckStatus::Pass),
        ("folder", CheckStatus::Pass),
        ("no-room", CheckStatus::Fail),
        ("no-disk", CheckStatus::Fail),
        ("no-folder", CheckStatus::Fail),
    ] {
        assert_eq!(status(&telemetry, name), Some(expected), "{name}");
    }
    assert!(message(&telemetry, "no-room").contains("bytes free"));
    drop(telemetry);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it leaves nothing behind");
}

#[test]
fn process_is_warned_of_near_its_limits() {
    let telemetry = builder()
        .check(checks::descriptors_below("fds", 1.0))
        .check(checks::descriptors_below("few-fds", 0.0))
        .check(checks::memory_below("memory", 1.0))
        .start()
        .unwrap();
    until(&telemetry, Readiness::Degraded);
    until_true("all results", || {
        ["fds", "few-fds", "memory"].iter().all(|name| status(&telemetry, name).is_some())
    });
    assert_eq!(status(&telemetry, "fds"), Some(CheckStatus::Pass));
    assert_eq!(status(&telemetry, "few-fds"), Some(CheckStatus::Warn));
    assert_eq!(status(&telemetry, "memory"), Some(CheckStatus::Pass));
}

#[test]
fn event_loop_that_is_late_warns_and_one_that_is_blocked_fails() {
    let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let check = |name: &str, most| {
        let check = checks::event_loop_lag_below(name, executor.handle().clone(), most);
        check.timeout(Duration::from_millis(100))
    };
    let telemetry = builder()
        .check(check("lag", crate::LONG))
        .check(check("no-lag", Duration::ZERO))
        .start()
        .unwrap();
    until_true("results", || {
        status(&telemetry, "lag") == Some(CheckStatus::Pass)
            && status(&telemetry, "no-lag") == Some(CheckStatus::Warn)
    });
    let (release, released) = std::sync::mpsc::channel::<()>();
    executor.spawn(async move { released.recv() });
    until_true("failure", || status(&telemetry, "lag") == Some(CheckStatus::Fail));
    let snapshot = telemetry.health().snapshot();
    assert_eq!(snapshot.check("lag").unwrap().reason, Some(CheckReason::Timeout));
    drop(release);
}

#[test]
fn supervised_child_that_has_failed_for_good_is_named() {
    let fails = Child::task("fails", |_| async { Err::<(), _>("no ledger") });
    let telemetry = builder()
        .check(checks::supervision("children"))
        .supervise(fails.restart(Restart::Temporary))
        .start()
        .unwrap();
    until(&telemetry, Readiness::Degraded);
    let message = message(&telemetry, "children");
    assert!(message.contains("telemetry/application/fails") && message.contains("no ledger"));
}

/// Reports in vain while it is told to.
struct Vain(Arc<AtomicBool>);

impl Reporter for Vain {
    fn name(&self) -> &'static str {
        "vain"
    }

    fn interval(&self) -> Option<Duration> {
        Some(crate::EVERY)
    }

    fn report<'r>(&'r mut self, _: &'r Snapshot) -> Report<'r> {
        let is_vain = self.0.load(Ordering::Relaxed);
        Box::pin(async move {
            if is_vain {
                Err(telemetry_runtime::Error::reporter("vain", "nobody hears"))
            } else {
                Ok(())
            }
        })
    }
}

#[test]
fn reporter_that_fails_degrades_until_it_reports_again() {
    let is_vain = Arc::new(AtomicBool::new(true));
    let check: HealthCheck = checks::reporters("reporters");
    let telemetry = builder().check(check).reporter(Vain(is_vain.clone())).start().unwrap();
    until(&telemetry, Readiness::Degraded);
    assert!(message(&telemetry, "reporters").contains("nobody hears"));
    is_vain.store(false, Ordering::Relaxed);
    until(&telemetry, Readiness::Ready);
}
