//! Programs that end by a signal, and the examples that show how.

#![cfg(unix)]

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use telemetry_runtime::{Child, Phase, Signal, Telemetry};
use telemetry_tests::cargo::{build_program, root};
use telemetry_tests::process::Process;
use telemetry_tests::{http, wait};

const LIMIT: Duration = Duration::from_mins(1);

/// Makes a test of this program play the program that is tested.
const ROLE: &str = "TESTS_ROLE";

/// Runs a test of this program again, in the other role.
fn in_the_other_role(test: &str) -> Process {
    let program = env::current_exe().unwrap();
    let arguments = ["--exact", test, "--nocapture"];
    let mut command = Command::new(program);
    Process::spawn(test, command.args(arguments).env(ROLE, "program")).unwrap()
}

fn is_in_the_other_role() -> bool {
    env::var_os(ROLE).is_some()
}

/// Blocks for good.
fn rest() -> ! {
    loop {
        std::thread::park();
    }
}

fn telemetry() -> Telemetry {
    Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap()
}

#[test]
fn the_examples_serve_end_by_a_signal_and_are_short() {
    for (name, signal, line) in [
        ("sync-program", "TERM", "ended by Terminate, cut: []"),
        ("async-program", "INT", "ended by Interrupt, cut: []"),
    ] {
        let source = root().join(format!("examples/background/src/bin/{name}.rs"));
        let lines = fs::read_to_string(source).unwrap().lines().count();
        assert!(lines < 30, "{name} has {lines} lines");

        let mut command = Command::new(build_program(name).unwrap());
        let mut process =
            Process::spawn(name, command.env("TELEMETRY_BIND", "127.0.0.1:0")).unwrap();
        let metrics = process.wait_for_value("metrics", LIMIT).unwrap();
        wait::until("items", LIMIT, || {
            let page = http::get(&metrics, &[])?.body;
            let sum =
                page.lines().find_map(|line| line.strip_prefix("my_app_jobs_done_items_total "));
            let items: u64 = sum.context("no sum")?.parse()?;
            ensure!(items >= 6, "{items} items");
            Ok(())
        })
        .unwrap();
        process.signal(signal).unwrap();
        assert!(process.wait(LIMIT).unwrap().success());
        assert!(process.log().lines().any(|said| said == line), "{}", process.log());
    }
}

#[test]
fn the_first_signal_turns_readiness_and_wakes_who_waits_and_the_second_ends_the_program() {
    if is_in_the_other_role() {
        let telemetry = telemetry();
        let signals = telemetry.signals().unwrap();
        println!("\nready=1");
        assert_eq!(signals.wait(), Signal::Interrupt);
        assert_eq!(telemetry.phase(), Phase::Draining);
        println!("\ndraining=1");
        rest();
    }
    let mut process = in_the_other_role(
        "the_first_signal_turns_readiness_and_wakes_who_waits_and_the_second_ends_the_program",
    );
    process.wait_for_value("ready", LIMIT).unwrap();
    process.signal("INT").unwrap();
    process.wait_for_value("draining", LIMIT).unwrap();
    process.signal("TERM").unwrap();
    let status = process.wait(LIMIT).unwrap();
    assert_eq!((status.code(), status.signal()), (Some(143), None), "{status:?}");
}

#[test]
fn a_signal_is_heard_while_the_runtimes_thread_is_blocked() {
    if is_in_the_other_role() {
        let blocking = Child::task("blocking", |_| async { rest() });
        let builder = Telemetry::builder().admin("127.0.0.1:0").log(|_| {});
        let telemetry = builder.supervise(blocking).start().unwrap();
        let signals = telemetry.signals().unwrap();
        println!("\nready=1");
        assert_eq!(signals.wait(), Signal::Terminate);
        let report = telemetry.shutdown(Duration::from_millis(200)).unwrap();
        println!("\n{}", report.cut().join("\n"));
        std::process::exit(7);
    }
    let mut process = in_the_other_role("a_signal_is_heard_while_the_runtimes_thread_is_blocked");
    process.wait_for_value("ready", LIMIT).unwrap();
    process.signal("TERM").unwrap();
    assert_eq!(process.wait(LIMIT).unwrap().code(), Some(7));
    let blocked = "the runtime's thread is blocked by the child \"telemetry/application/blocking\"";
    assert!(process.log().lines().any(|line| line == blocked), "{}", process.log());
}

#[test]
fn signals_that_nobody_hears_any_more_end_the_program() {
    if is_in_the_other_role() {
        let telemetry = telemetry();
        drop(telemetry.signals().unwrap());
        drop(telemetry.signals().unwrap());
        println!("\nready=1");
        rest();
    }
    let mut process = in_the_other_role("signals_that_nobody_hears_any_more_end_the_program");
    process.wait_for_value("ready", LIMIT).unwrap();
    process.signal("INT").unwrap();
    assert_eq!(process.wait(LIMIT).unwrap().code(), Some(130));
}
