//! `cargo xtask ci`: the checks of a change, then every test.

use anyhow::Result;

use crate::stage::{Stages, run_command};
use crate::{cargo, test};

/// Runs all checks and tests, even after a failure, and says whether all succeeded.
pub(crate) fn run() -> bool {
    let mut stages = Stages::default();
    stages.run("fmt", format);
    stages.run("clippy", clippy);
    stages.run("docs", documentation);
    test::run_stages(&mut stages, false)
}

fn format() -> Result<()> {
    // left to itself, rustfmt colours a log file too
    run_command(&mut cargo(&["fmt", "--all", "--check", "--", "--color=never"]))
}

fn clippy() -> Result<()> {
    run_command(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    // in the workspace as a whole, somebody asks for each feature
    run_command(&mut cargo(&[
        "clippy",
        "--package=telemetry-runtime",
        "--no-default-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

fn documentation() -> Result<()> {
    run_command(
        cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-Dwarnings"),
    )
}
