//! Whatever a user's crate defines, denies or renames, the expansions compile in it, and no lint has
//! anything to say about them. The crates are in `tests/hygiene`, a workspace of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use telemetry_tests::cargo::root;

const EDITIONS: [&str; 3] = ["hygiene-2018", "hygiene-2021", "hygiene-2024"];

#[test]
fn names_of_the_prelude_may_be_shadowed() {
    for edition in EDITIONS {
        cargo(&["run", "--package", edition, "--bin", "shadowed"]);
    }
}

#[test]
fn crate_may_have_no_prelude() {
    for edition in EDITIONS {
        cargo(&["run", "--package", edition, "--bin", "no_implicit_prelude"]);
    }
}

#[test]
fn names_near_ours_may_stand_beside_ours() {
    for edition in EDITIONS {
        cargo(&["run", "--package", edition, "--bin", "neighbours"]);
    }
}

#[test]
fn crate_may_deny_warnings_and_forbid_unsafe_code() {
    for edition in EDITIONS {
        cargo(&["check", "--package", edition, "--lib"]);
    }
}

#[test]
fn facade_may_be_renamed_or_re_exported() {
    cargo(&["run", "--package", "hygiene-renamed"]);
}

#[test]
fn clippy_has_nothing_to_say() {
    // where rustup has not installed it, there is nothing to ask
    if Command::new(env!("CARGO")).args(["clippy", "--version"]).output().unwrap().status.success()
    {
        cargo(&["clippy", "--package", "hygiene-pedantic", "--", "--deny=warnings"]);
    }
}

/// Runs cargo in the workspace of the fixtures; the compiler's words are shown where it fails.
#[track_caller]
fn cargo(arguments: &[&str]) {
    let (command, rest) = arguments.split_first().unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args([command, "--quiet", "--offline", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("hygiene"))
        .args(rest)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}:\n{words}", arguments.join(" "));
}

/// The folder of the fixtures, with the versions that the whole project is locked to.
fn workspace() -> &'static Path {
    static WORKSPACE: OnceLock<PathBuf> = OnceLock::new();
    WORKSPACE.get_or_init(|| {
        let folder = root().join("tests/hygiene");
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        folder
    })
}
