//! A program that is built with `panic = "abort"`: handlers and spans work, and a panic ends it.

use std::process::{Command, Output};

use telemetry_tests::cargo::root;
use telemetry_tests::linkage::Build;

fn run(arguments: &[&str]) -> Output {
    let workspace = root().join("tests/stress");
    let program = Build {
        program: Some("aborting"),
        profile: "aborting",
        workspace: Some(&workspace),
        ..Build::of("telemetry-stress")
    }
    .file()
    .unwrap();
    Command::new(program).args(arguments).output().unwrap()
}

#[test]
#[cfg_attr(not(long_tests), ignore = "builds the facade anew: run `cargo xtask test --long`")]
fn everything_works_where_panics_abort() {
    let output = run(&[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "4 calls\n4 calls at the end\n");
}

#[test]
#[cfg(unix)]
#[cfg_attr(not(long_tests), ignore = "builds the facade anew: run `cargo xtask test --long`")]
fn panicking_handler_aborts_where_panics_abort() {
    use std::os::unix::process::ExitStatusExt;

    const SIGABRT: i32 = 6;
    let output = run(&["panic"]);
    assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "4 calls\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("on purpose"), "{output:?}");
}

/// Where panics unwind, `spans` tells what is heard of one.
#[test]
#[cfg(unix)]
#[cfg_attr(not(long_tests), ignore = "builds the facade anew: run `cargo xtask test --long`")]
fn panicking_span_ends_with_the_program_where_panics_abort() {
    use std::os::unix::process::ExitStatusExt;

    const SIGABRT: i32 = 6;
    let ends = "app.ended.start\napp.ended.stop\n\
                app.ended.start\napp.ended.exception error\n\
                app.ended.start\napp.ended.exception cancelled\n\
                app.ended.start\n";
    let output = run(&["spans", "ok"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{ends}app.ended.stop\n"));
    let output = run(&["spans", "panic"]);
    assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), ends);
    assert!(String::from_utf8_lossy(&output.stderr).contains("within a span"), "{output:?}");
}
