//! What is left behind after `shutdown`: nothing. A process of its own, whose threads and files are
//! counted.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{Child, Stop, Supervisor, Telemetry};
use telemetry_tests::{http, wait};

telemetry::events! { event left.happened { measurements { n: u64 } } }
telemetry::metrics! { counter(left.happened.count); sum(left.happened.n); }

const LIMIT: Duration = Duration::from_secs(30);

/// The threads of this process by name, and what its files are.
fn own() -> (Vec<String>, Vec<String>) {
    let list = |folder: &str, read: fn(fs::DirEntry) -> Option<String>| {
        let mut list: Vec<String> =
            fs::read_dir(folder).unwrap().flatten().filter_map(read).collect();
        list.sort();
        list
    };
    let threads = list("/proc/self/task", |thread| {
        let name = fs::read_to_string(thread.path().join("comm")).ok()?;
        Some(format!("{} {}", name.trim(), thread.file_name().display()))
    });
    let files = list("/proc/self/fd", |file| {
        let target = fs::read_link(file.path()).ok()?;
        // the folder that is being read is one of them
        (!target.starts_with("/proc")).then(|| format!("{}", target.display()))
    });
    (threads, files)
}

/// A runtime with every kind of child.
fn start() -> Telemetry {
    let tasks = Supervisor::builder("tasks")
        .child(Child::task("idle", |stop: Stop| async move { stop.requested().await }))
        .child(Child::task("deaf", |_| std::future::pending::<()>()).stop_within(LIMIT / 300));
    Telemetry::builder()
        .admin("127.0.0.1:0")
        .log(|_| {})
        .reporter(Prometheus::new())
        .supervise(tasks)
        .supervise(Child::thread("thread", |stop: Stop| while !stop.wait(LIMIT) {}))
        .supervise(Child::thread("failing", |stop: Stop| {
            stop.wait(Duration::from_millis(1));
            Err::<(), _>("always")
        }))
        .start()
        .unwrap()
}

#[test]
fn no_thread_and_no_file_is_left_behind_after_a_shutdown_under_load() {
    // With its feature `signal`, which another package may have switched on, tokio keeps a pair of
    // sockets from the first executor of a process on.
    drop(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    let before = own();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                telemetry::execute!(left.happened, { n: 1 });
            }
        });
        let loaded = own();
        for round in 0..10 {
            let telemetry = start();
            let address = telemetry.admin_address().unwrap();
            assert_eq!(http::get(&format!("http://{address}/metrics"), &[]).unwrap().status, 200);
            // a client that stays connected, and one that says half of what it wants
            let mut idle = TcpStream::connect(address).unwrap();
            idle.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let mut half = TcpStream::connect(address).unwrap();
            half.write_all(b"GET /metr").unwrap();
            let signals = cfg!(unix).then(|| telemetry.signals().unwrap());
            if round % 2 == 0 {
                let report = telemetry.shutdown(Duration::from_secs(2)).unwrap();
                let deaf = "the child \"telemetry/application/tasks/deaf\" took too long";
                assert!(report.cut().contains(&deaf.to_owned()), "{report:?}");
            } else {
                drop(telemetry);
            }
            let mut answer = String::new();
            idle.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            drop((signals, idle, half));
            same(&loaded).unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    same(&before).unwrap();
}

/// A thread that has said its last word is there for a moment.
fn same(before: &(Vec<String>, Vec<String>)) -> Result<()> {
    wait::until("return to what there was", LIMIT, || {
        let now = own();
        ensure!(now == *before, "{now:#?} where there was {before:#?}");
        Ok(())
    })
}
