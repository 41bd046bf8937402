//! The workspaces beside the main one, each with a target folder of its own, and how each is run.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::stage::{line_of, run_command};
use crate::{cargo, root, target};

/// How far loom searches in the long run; the ordinary one is as far as every mutant needs.
const PREEMPTIONS: &str = "5";

/// The target that sanitizer and fuzzer instrument, named so that build scripts and macros are not.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The models of `tests/loom`.
pub(crate) fn loom(long: bool) -> Command {
    let mut command = cargo(&["test", "--locked", "--target-dir"]);
    command.arg(target().join("loom")).current_dir(root().join("tests/loom"));
    if long {
        command.env("LOOM_MAX_PREEMPTIONS", PREEMPTIONS);
    }
    command
}

/// The tests of `tests/stress` with the address sanitizer, which takes a nightly compiler.
pub(crate) fn sanitized() -> Result<Command> {
    let folder = root().join("tests/stress");
    lock(&folder)?;
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", "cargo", "test", "--target", TARGET, "--target-dir"])
        .arg(target().join("sanitized"))
        .current_dir(folder)
        .env("RUSTFLAGS", "-Zsanitizer=address")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(command)
}

/// Where the targets of the fuzzer are, from the root.
pub(crate) const FUZZ: &str = "fuzz";

/// What `cargo fuzz` tells the compiler, but for the address sanitizer and one unit of code for each
/// crate, which takes longer to build.
const FUZZER_FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-sanitizer-coverage-stack-depth \
    --cfg fuzzing";

/// Whether rustup has a nightly compiler.
pub(crate) fn has_nightly() -> bool {
    let mut ask = Command::new("rustup");
    ask.args(["run", "nightly", "rustc", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    ask.status().is_ok_and(|status| status.success())
}

/// Builds the targets of the fuzzer, which takes a nightly compiler.
pub(crate) fn fuzz_targets() -> Result<Command> {
    let folder = root().join(FUZZ);
    lock(&folder)?;
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", "cargo", "build", "--release", "--quiet", "--target", TARGET])
        .arg("--target-dir")
        .arg(target().join("fuzz"))
        .current_dir(folder)
        .env("RUSTFLAGS", FUZZER_FLAGS)
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(command)
}

/// Builds a program of `benches`, with the features that it needs, and returns what runs it.
pub(crate) fn bench(program: &str, features: &str) -> Result<Command> {
    let folder = root().join("benches");
    lock(&folder)?;
    let target = target().join("benches");
    let build = ["build", "--release", "--quiet", "--bin", program, "--features", features];
    run_command(cargo(&build).arg("--target-dir").arg(&target).current_dir(folder))?;
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    Ok(Command::new(target.join("release").join(name)))
}

/// Where the peers' bench is, from the root: a workspace with a lock file of its own, as nothing but
/// the bench needs its packages.
pub(crate) const PEERS: &str = "benches/peers";

/// The program of the peers' bench, built first.
pub(crate) fn peers(arguments: &[&str]) -> Command {
    let mut command = cargo(&["run", "--release", "--target-dir"]);
    command
        .arg(target().join("benches"))
        .arg("--")
        .args(arguments)
        // within, its configuration sets what a peer reads from the environment
        .current_dir(root().join(PEERS));
    command
}

/// Runs a command and gives what it prints; what it says of its progress goes straight through.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", line_of(command)))?;
    ensure!(output.status.success(), "`{}` ended with {}", line_of(command), output.status);
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed what is no text", line_of(command)))
}

/// Gives a workspace that uses ours the versions that ours has.
pub(crate) fn lock(folder: &Path) -> Result<()> {
    let to = folder.join("Cargo.lock");
    fs::copy(root().join("Cargo.lock"), &to)
        .with_context(|| format!("cannot write {}", to.display()))?;
    Ok(())
}
