//! What the facade costs a library to build: its crates, and a build of them from nothing, beside
//! `tracing` with its attributes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::goal::{Goal, Part};
use crate::stage::run_command;
use crate::workspaces::{PEERS, output};
use crate::{cargo, root, target};

/// What a library depends on to be instrumented, of those that are beside us.
const FACADES: [&str; 8] = [
    "telemetry-toolkit",
    "tracing",
    "metrics",
    "opentelemetry",
    "fastrace",
    "emit",
    "prometheus-client",
    "prometheus",
];
/// Builds of each of the two, in turn.
const ROUNDS: usize = 3;
/// The goals: crates of the facade, and its build beside that of `tracing`.
const CRATES: usize = 10;
const BUILD: f64 = 1.2;

/// Counts crates and builds the two facades.
///
/// # Errors
/// Where a build fails.
pub(super) fn measure() -> Result<Part> {
    let counts = FACADES.map(|package| Ok((package, crates(package)?)));
    let counts = counts.into_iter().collect::<Result<Vec<_>>>()?;
    let (ours, tracing) = cold_builds()?;
    Ok(Part { goals: goals(counts[0].1, ours, tracing).into(), text: text(&counts, ours, tracing) })
}

fn goals(crates: usize, ours: f64, tracing: f64) -> [Goal; 2] {
    let ratio = ours / tracing;
    [
        Goal::new(
            "build: facade crates in the graph (linux-gnu)",
            &format!("≤ {CRATES}"),
            crates.to_string(),
            crates <= CRATES,
        ),
        Goal::new(
            "build: the facade from nothing",
            "≤ `tracing` with attributes + 20 %",
            format!("{ratio:.2} × ({ours:.1} s, `tracing` {tracing:.1} s)"),
            ratio <= BUILD,
        ),
    ]
}

fn text(counts: &[(&str, usize)], ours: f64, tracing: f64) -> String {
    let mut text = String::from(
        "## What the facade costs to build\n\nCrates that are compiled, with the features of this \
         bench, and seconds of a dev build from nothing: the median of builds in turn.\n\n\
         | | crates | seconds |\n|---|--:|--:|\n",
    );
    for (package, crates) in counts {
        let seconds = match *package {
            "telemetry-toolkit" => format!("{ours:.1}"),
            "tracing" => format!("{tracing:.1}"),
            _ => String::new(),
        };
        // writing to a String cannot fail
        let _ = writeln!(text, "| {package} | {crates} | {seconds} |");
    }
    text
}

/// The crates that a package needs, itself included.
fn crates(package: &str) -> Result<usize> {
    let tree = output(
        cargo(&["tree", "--edges=normal", "--target=x86_64-unknown-linux-gnu", "--prefix=none"])
            .args(["--package", package])
            .current_dir(root().join(PEERS)),
    )?;
    Ok(distinct(&tree))
}

/// Lines of `cargo tree` name a package again where it is needed again, with a mark.
fn distinct(tree: &str) -> usize {
    let lines = tree.lines().filter(|line| !line.is_empty());
    let names = lines.map(|line| line.split(' ').take(2).collect::<Vec<_>>());
    names.collect::<std::collections::BTreeSet<_>>().len()
}

/// Seconds of ours and of `tracing`.
fn cold_builds() -> Result<(f64, f64)> {
    let folder = target().join("build-cost");
    let facade = root().join("telemetry");
    let ours =
        format!("telemetry = {{ package = \"telemetry-toolkit\", path = '{}' }}", facade.display());
    let packages = [("facade", ours.as_str()), ("facade-of-tracing", "tracing = \"0.1\"")];
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for ((name, dependency), seconds) in packages.iter().zip(&mut seconds) {
            seconds.push(cold_build(&folder.join(name), dependency)?);
        }
    }
    let [ours, tracing] = seconds.map(median);
    Ok((ours, tracing))
}

fn cold_build(folder: &Path, dependency: &str) -> Result<f64> {
    let source = folder.join("src");
    let target = folder.join("target");
    fs::create_dir_all(&source).with_context(|| format!("cannot make {}", source.display()))?;
    if target.exists() {
        fs::remove_dir_all(&target)
            .with_context(|| format!("cannot remove {}", target.display()))?;
    }
    let manifest = format!(
        "[package]\nname = \"cold\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependency}\n"
    );
    for (file, text) in [("Cargo.toml", manifest.as_str()), ("src/lib.rs", "")] {
        fs::write(folder.join(file), text).with_context(|| format!("cannot write {file}"))?;
    }
    // the versions that the peers' bench has fetched
    fs::copy(root().join(PEERS).join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy the peers' Cargo.lock")?;
    let began = Instant::now();
    run_command(
        cargo(&["build", "--quiet", "--offline", "--target-dir"])
            .arg(&target)
            .current_dir(folder)
            .env("CARGO_INCREMENTAL", "0"),
    )?;
    Ok(began.elapsed().as_secs_f64())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::super::goal::Verdict;
    use super::*;

    #[test]
    fn packages_are_counted_once() {
        let tree =
            "a v1.0.0 (/here)\nb v2.0.0 (proc-macro)\nb v2.0.0 (proc-macro) (*)\n\nb v1.0.0\n";
        assert_eq!(distinct(tree), 3);
    }

    #[test]
    fn goals_are_judged_by_crates_and_ratio() {
        let verdicts = |crates, ours| goals(crates, ours, 10.0).map(|goal| goal.verdict);
        assert_eq!(verdicts(10, 12.0), [Verdict::Met, Verdict::Met]);
        assert_eq!(verdicts(11, 12.1), [Verdict::Missed, Verdict::Missed]);
    }
}
