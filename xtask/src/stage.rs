//! Named stages of a task: each is timed, a failed one does not stop the next.

use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The stages that a task went through, printed as a table by its `Display`.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    ended: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Succeeded,
    Failed,
    NotRun,
}

impl Stages {
    /// Runs one stage now; its error is printed and remembered.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T>,
    ) -> Option<T> {
        println!("== {name}");
        let begin = Instant::now();
        let result = work();
        let took = begin.elapsed();
        let (outcome, value) = match result {
            Ok(value) => (Outcome::Succeeded, Some(value)),
            Err(error) => {
                eprintln!("{name}: {error:#}");
                (Outcome::Failed, None)
            }
        };
        println!("== {name}: {outcome} after {:.1} s\n", took.as_secs_f64());
        self.ended.push(Stage { name, outcome, took });
        value
    }

    /// Notes a stage that could not be run because an earlier one failed.
    pub(crate) fn omit(&mut self, name: &'static str) {
        self.ended.push(Stage { name, outcome: Outcome::NotRun, took: Duration::ZERO });
    }

    /// Whether every stage was run and succeeded.
    pub(crate) fn succeeded(&self) -> bool {
        self.ended.iter().all(|stage| stage.outcome == Outcome::Succeeded)
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>8}  result", "stage", "seconds")?;
        for stage in &self.ended {
            let seconds = stage.took.as_secs_f64();
            writeln!(f, "{:<12} {seconds:>8.1}  {}", stage.name, stage.outcome)?;
        }
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "ok",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        })
    }
}

/// Runs a command whose output goes straight through; a failure names the command line.
pub(crate) fn run_command(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot start `{}`", line_of(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line_of(command));
    }
    Ok(())
}

/// The command as one would type it.
pub(crate) fn line_of(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn failed_stage_is_shown_and_does_not_stop_the_next() {
        let mut stages = Stages::default();
        assert_eq!(stages.run("fmt", || Err::<(), _>(anyhow!("on purpose"))), None);
        assert_eq!(stages.run("clippy", || Ok(7)), Some(7));

        let table = stages.to_string();
        let results: Vec<&str> = table.lines().skip(1).collect();
        assert!(results[0].starts_with("fmt") && results[0].ends_with("FAILED"));
        assert!(results[1].starts_with("clippy") && results[1].ends_with("ok"));
        assert!(!stages.succeeded());
    }

    #[test]
    fn omitted_stage_is_no_success() {
        let mut stages = Stages::default();
        stages.run("install", || Ok(()));
        assert!(stages.succeeded());
        stages.omit("test");
        assert!(!stages.succeeded());
        assert!(stages.to_string().contains("not run"));
    }

    #[test]
    fn failing_command_is_named_with_its_status() {
        let error = run_command(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` ended with exit status: 3");
    }
}
