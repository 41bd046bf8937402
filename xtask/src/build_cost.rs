//! What declarations cost to build: crates of 250, 500 and 1,000 events, metrics and executes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::bench::{Goal, Part};
use crate::stage::run_command;
use crate::workspaces::lock;
use crate::{cargo, root, target};

/// So many of each.
const SIZES: [usize; 3] = [250, 500, 1_000];
/// Names under one prefix.
const PREFIX: usize = 100;
/// The goals for 1,000 of each, beyond a crate with one.
const SECONDS: f64 = 20.0;
const MEGABYTES: f64 = 20.0;
/// Twice as many take no longer than so many times; 2 is linear.
const GROWTH: f64 = 2.5;

/// Builds the crates.
///
/// # Errors
/// Where a build fails.
pub(crate) fn measure() -> Result<Part> {
    let folder = target().join("build-cost");
    // the first builds the facade too, and is what the others are compared with
    build(&folder, 1)?;
    let (_, bytes_of_one) = build(&folder, 1)?;
    let cost = |size| -> Result<Cost> {
        let (took, bytes) = build(&folder, size)?;
        let megabytes = megabytes(bytes.saturating_sub(bytes_of_one));
        Ok(Cost { size, seconds: took.as_secs_f64(), megabytes })
    };
    let [quarter, half, whole] = SIZES;
    let (quarter, half, whole) = (cost(quarter)?, cost(half)?, cost(whole)?);
    Ok(Part { goals: vec![goal(&half, &whole)], text: text(&[quarter, half, whole]) })
}

/// What the build of a crate takes, and how much larger than with one of each its program is.
struct Cost {
    size: usize,
    seconds: f64,
    megabytes: f64,
}

fn goal(half: &Cost, whole: &Cost) -> Goal {
    let growth = whole.seconds / half.seconds;
    Goal::new(
        "build: 1,000 events + 1,000 metrics + 1,000 executes in one crate",
        &format!(
            "≤ {SECONDS} s of dev build, ≤ {MEGABYTES} MB, linear (≤ {GROWTH} × that of half)"
        ),
        format!("{:.1} s, {:.1} MB, {growth:.1} × that of half", whole.seconds, whole.megabytes),
        whole.seconds <= SECONDS && whole.megabytes <= MEGABYTES && growth <= GROWTH,
    )
}

fn text(costs: &[Cost]) -> String {
    let mut text = String::from(
        "## What declarations cost to build\n\nCrates with so many events, as many tagged metrics over \
         them and as many executions: a dev build of the crate alone, not incremental, and bytes beyond \
         those of a program with one of each.\n\n\
         | of each | seconds | megabytes |\n|--:|--:|--:|\n",
    );
    for Cost { size, seconds, megabytes } in costs {
        // writing to a String cannot fail
        let _ = writeln!(text, "| {size} | {seconds:.1} | {megabytes:.1} |");
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "rounded for print")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// How long the build of the crate itself takes, and how large the program is.
fn build(folder: &Path, size: usize) -> Result<(Duration, u64)> {
    let source = folder.join("src");
    fs::create_dir_all(&source).with_context(|| format!("cannot make {}", source.display()))?;
    let facade = root().join("telemetry");
    let manifest = format!(
        "[package]\nname = \"build-cost\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\ntelemetry = {{ package = \"telemetry-toolkit\", path = '{}' }}\n",
        facade.display()
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    write(&source.join("main.rs"), &program(size))?;
    lock(folder)?;
    let target = folder.join("target");
    let began = Instant::now();
    run_command(
        cargo(&["build", "--quiet", "--offline", "--target-dir"])
            .arg(&target)
            .current_dir(folder)
            .env("CARGO_INCREMENTAL", "0"),
    )?;
    let took = began.elapsed();
    let binary = target.join("debug/build-cost");
    let bytes =
        fs::metadata(&binary).with_context(|| format!("{} was not built", binary.display()))?.len();
    Ok((took, bytes))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Each event with two measurements and two fields, a tagged sum over it, and an execution.
fn program(size: usize) -> String {
    let mut events = String::new();
    let mut metrics = String::new();
    let mut functions = String::new();
    let mut calls = String::new();
    for number in 0..size {
        let name = format!("cost.group{}.event{}", number / PREFIX, number % PREFIX);
        // Writing to a String cannot fail.
        let _ = writeln!(
            events,
            "event {name} {{ measurements {{ amount: u64, items: u32 }} metadata {{ route: &str, status: u16 }} }}"
        );
        let _ = writeln!(metrics, "sum({name}.amount, tags = [route, status]);");
        let _ = writeln!(
            functions,
            "fn run{number}(amount: u64) {{ telemetry::execute!({name}, {{ amount, items: 1 }}, {{ route: \"/\", status: 200 }}) }}"
        );
        let _ = write!(calls, "run{number}(amount);");
    }
    format!(
        "mod events {{ telemetry::events! {{\n{events}}} }}\nuse events::cost;\ntelemetry::metrics! {{\n{metrics}}}\n{functions}fn main() {{ let amount = std::env::args().count() as u64; {calls} }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Verdict;

    #[test]
    fn build_is_linear_where_twice_as_many_take_about_twice_as_long() {
        let cost = |size, seconds| Cost { size, seconds, megabytes: 1.0 };
        let verdict = |seconds| goal(&cost(500, 4.0), &cost(1_000, seconds)).verdict;
        assert_eq!(verdict(10.0), Verdict::Met);
        assert_eq!(verdict(10.1), Verdict::Missed);
    }

    #[test]
    fn program_declares_as_many_of_each() {
        let program = program(250);
        for (part, count) in [("event cost.", 250), ("sum(cost.", 250), ("execute!(cost.", 250)] {
            assert_eq!(program.matches(part).count(), count, "{part}");
        }
        assert!(program.contains("cost.group2.event49"));
    }
}
