//! `cargo xtask test`: every test of the workspace, with the real servers that some of them need.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::stage::{Stages, line_of};
use crate::{cargo, fuzz, install, instructions, workspaces};

/// The variable that tells the tests where the unpacked servers are; without it, the tests that
/// need them are ignored.
pub(crate) const COMPONENTS: &str = "TESTS_COMPONENTS";

/// The variable that switches on the tests that take minutes.
const LONG: &str = "TESTS_LONG";

/// Installs, tests, and says whether all succeeded.
pub(crate) fn run(long: bool) -> bool {
    run_stages(&mut Stages::default(), long)
}

/// Adds the stages of this task to those that ended, and closes with the table and the totals.
pub(crate) fn run_stages(stages: &mut Stages, long: bool) -> bool {
    let mut totals = Totals::default();
    let components = stages.run("install", || install::components(long));
    if let Some(components) = &components {
        stages.run("test", || run_counted(&mut workspace(components, long), &mut totals));
        stages.run("instructions", instructions::check);
    } else {
        stages.omit("test");
        stages.omit("instructions");
    }
    stages.run("loom", || run_counted(&mut workspaces::loom(long), &mut totals));
    stages.run("fuzz", || fuzz::run_all(fuzz::duration(long)));
    if long {
        stages
            .run("sanitizer", || run_counted(workspaces::sanitized()?.env(LONG, "1"), &mut totals));
    }
    print!("{stages}");
    if components.is_some() {
        println!("\n{totals}");
    }
    stages.succeeded()
}

/// The tests of the main workspace.
fn workspace(components: &Path, long: bool) -> Command {
    let mut command = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    command.env(COMPONENTS, components);
    if long {
        command.env(LONG, "1");
    } else {
        command.env_remove(LONG);
    }
    command
}

/// Runs a command that runs tests, and adds what its test binaries report.
fn run_counted(command: &mut Command, totals: &mut Totals) -> Result<()> {
    command.stdout(Stdio::piped());
    let mut child =
        command.spawn().with_context(|| format!("cannot start `{}`", line_of(command)))?;
    if let Some(output) = child.stdout.take() {
        pass_through(BufReader::new(output), &mut io::stdout().lock(), totals)
            .context("cannot pass the output of the tests through")?;
    }
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    // a build error, or a test binary that crashed, leaves no result line: it is a failure still
    totals.failed = totals.failed.max(1);
    bail!("`{}` ended with {status}", line_of(command));
}

/// Copies the output line by line as it comes, and counts the results in it.
fn pass_through(
    mut output: impl BufRead,
    copy: &mut impl Write,
    totals: &mut Totals,
) -> io::Result<()> {
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        copy.write_all(&line)?;
        copy.flush()?;
        totals.add(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}

/// What all test binaries together report.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Totals {
    /// Adds the numbers of a line such as
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let words: Vec<&str> = result.split_whitespace().collect();
        for pair in words.windows(2) {
            let [number, what] = pair else { continue };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what.trim_end_matches(';') {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_test_binaries_are_summed() {
        let output = "\
running 3 tests
test result: a test may print this in the middle of its own words
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

   test result: ok. 100 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out;
test result: FAILED. 4 passed; 2 failed; 3 ignored; 9 measured; 5 filtered out; finished in 61.02s
";
        let mut totals = Totals::default();
        let mut copy = Vec::new();
        pass_through(output.as_bytes(), &mut copy, &mut totals).unwrap();
        assert_eq!(copy, output.as_bytes());
        assert_eq!(totals.to_string(), "6 passed, 2 failed, 4 skipped");
    }

    #[test]
    fn output_without_a_last_newline_or_utf8_is_passed_through() {
        let output = b"\xff\ntest result: ok. 1 passed; 0 failed; 0 ignored;".as_slice();
        let mut totals = Totals::default();
        let mut copy = Vec::new();
        pass_through(output, &mut copy, &mut totals).unwrap();
        assert_eq!(copy, output);
        assert_eq!(totals.passed, 1);
    }
}
