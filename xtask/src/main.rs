//! Tasks of this repository, run as `cargo xtask <task>`.

mod bench;
mod build_cost;
mod ci;
mod fuzz;
mod install;
mod instructions;
mod programs;
mod python;
mod sources;
mod stage;
mod test;
mod workspaces;

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::stage::Stages;

const USAGE: &str = "\
usage: cargo xtask <task>

tasks:
  test [--long]   install what the tests talk to, then run every test of the workspace;
                  --long also runs the tests that take minutes
  ci              what a change must pass: format, clippy, documentation, then `test`
  bench [--quick] measure this toolkit beside its peers, and what it costs to build, and write
                  docs/benchmarks.md; --quick measures less in a minute, and prints it
  costs           measure what this toolkit costs by itself, in a minute, and write docs/costs.md
  bless           count the instructions of the hot paths and store them
  fuzz [<target> [<input>]]
                  run the fuzzer against a parser or encoder for ten minutes, or once with an input;
                  without a target against all of them, each as long as in `test`";

/// The exit status of a command line that names no task, as usual on Unix.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match Task::parse(&arguments) {
        Ok(task) => {
            if task.run() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(misuse) => {
            eprintln!("{misuse}");
            ExitCode::from(MISUSED)
        }
    }
}

/// What the command line asks for.
#[derive(Debug, PartialEq)]
enum Task {
    Test { long: bool },
    Ci,
    Bench { quick: bool },
    Costs,
    Bless,
    Fuzz { target: Option<String>, input: Option<PathBuf> },
}

impl Task {
    fn parse(arguments: &[String]) -> Result<Self, Misuse> {
        let Some((task, options)) = arguments.split_first() else {
            return Err(Misuse::NoTask);
        };
        match task.as_str() {
            "test" => {
                refuse_unknown("test", options, &["--long"])?;
                Ok(Self::Test { long: !options.is_empty() })
            }
            "ci" => {
                refuse_unknown("ci", options, &[])?;
                Ok(Self::Ci)
            }
            "bench" => {
                refuse_unknown("bench", options, &["--quick"])?;
                Ok(Self::Bench { quick: !options.is_empty() })
            }
            "costs" => {
                refuse_unknown("costs", options, &[])?;
                Ok(Self::Costs)
            }
            "bless" => {
                refuse_unknown("bless", options, &[])?;
                Ok(Self::Bless)
            }
            "fuzz" => match options {
                [] => Ok(Self::Fuzz { target: None, input: None }),
                [target] => Ok(Self::Fuzz { target: Some(target.clone()), input: None }),
                [target, input] => {
                    Ok(Self::Fuzz { target: Some(target.clone()), input: Some(input.into()) })
                }
                [_, _, further, ..] => Err(Misuse::UnknownOption {
                    task: "fuzz",
                    option: further.clone(),
                    allowed: &["a target", "an input"],
                }),
            },
            _ => Err(Misuse::UnknownTask(task.clone())),
        }
    }

    /// Runs the task to its end and says whether all of it succeeded.
    fn run(&self) -> bool {
        match self {
            Self::Test { long } => test::run(*long),
            Self::Ci => ci::run(),
            Self::Bench { quick: false } => bench::run(),
            Self::Bench { quick: true } => run_stage("bench", bench::quick),
            Self::Costs => run_stage("costs", bench::costs),
            Self::Bless => run_stage("bless", instructions::bless),
            Self::Fuzz { target: None, .. } => {
                run_stage("fuzz", || fuzz::run_all(fuzz::duration(false)))
            }
            Self::Fuzz { target: Some(target), input } => {
                run_stage("fuzz", || fuzz::run_one(target, input.as_deref()))
            }
        }
    }
}

/// Runs a task of one stage.
fn run_stage(name: &'static str, work: impl FnOnce() -> Result<()>) -> bool {
    let mut stages = Stages::default();
    stages.run(name, work);
    stages.succeeded()
}

/// Why a command line is refused.
#[derive(Debug, PartialEq)]
enum Misuse {
    NoTask,
    UnknownTask(String),
    UnknownOption { task: &'static str, option: String, allowed: &'static [&'static str] },
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTask => f.write_str(USAGE),
            Self::UnknownTask(task) => write!(f, "unknown task `{task}`\n\n{USAGE}"),
            Self::UnknownOption { task, option, allowed: [] } => {
                write!(f, "unknown option `{option}`: `{task}` takes no options")
            }
            Self::UnknownOption { task, option, allowed } => {
                write!(f, "unknown option `{option}`: `{task}` allows {}", allowed.join(", "))
            }
        }
    }
}

fn refuse_unknown(
    task: &'static str,
    options: &[String],
    allowed: &'static [&'static str],
) -> Result<(), Misuse> {
    match options.iter().find(|option| !allowed.contains(&option.as_str())) {
        None => Ok(()),
        Some(option) => Err(Misuse::UnknownOption { task, option: option.clone(), allowed }),
    }
}

/// The root folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo builds, and where this crate unpacks.
fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// The cargo that runs this task, in the root folder.
fn cargo(arguments: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root()).args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task, String> {
        let arguments: Vec<String> = line.split_whitespace().map(String::from).collect();
        Task::parse(&arguments).map_err(|misuse| misuse.to_string())
    }

    #[test]
    fn tasks_and_their_options_are_understood() {
        assert_eq!(parse("test"), Ok(Task::Test { long: false }));
        assert_eq!(parse("test --long"), Ok(Task::Test { long: true }));
        assert_eq!(parse("ci"), Ok(Task::Ci));
        assert_eq!(parse("bench"), Ok(Task::Bench { quick: false }));
        assert_eq!(parse("bench --quick"), Ok(Task::Bench { quick: true }));
        assert_eq!(parse("costs"), Ok(Task::Costs));
        assert_eq!(parse("bless"), Ok(Task::Bless));
        let fuzz = |target: Option<&str>, input: Option<&str>| {
            Ok(Task::Fuzz { target: target.map(Into::into), input: input.map(Into::into) })
        };
        assert_eq!(parse("fuzz"), fuzz(None, None));
        assert_eq!(parse("fuzz text"), fuzz(Some("text"), None));
        assert_eq!(parse("fuzz text crash-1"), fuzz(Some("text"), Some("crash-1")));
    }

    #[test]
    fn no_task_and_unknown_tasks_show_the_usage() {
        assert_eq!(parse(""), Err(USAGE.to_owned()));
        let text = parse("tset").unwrap_err();
        assert!(text.contains("unknown task `tset`"), "{text}");
        assert!(text.contains(USAGE), "{text}");
    }

    #[test]
    fn unknown_options_are_named_with_the_allowed_ones() {
        assert_eq!(
            parse("test --lnog"),
            Err("unknown option `--lnog`: `test` allows --long".to_owned())
        );
        assert_eq!(
            parse("bench --quik"),
            Err("unknown option `--quik`: `bench` allows --quick".to_owned())
        );
        assert_eq!(
            parse("ci --long"),
            Err("unknown option `--long`: `ci` takes no options".to_owned())
        );
        parse("fuzz text crash-1 crash-2").unwrap_err();
    }
}
