//! `cargo xtask fuzz`: libFuzzer against the parsers and encoders, with the inputs of `fuzz/corpus`.
//!
//! The targets are built as `cargo fuzz` builds them, with a nightly compiler, and without the address
//! sanitizer: what is fuzzed is safe code, and runs five times as often so. What a run finds stays below
//! the target folder and begins the next one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::stage::{line_of, run_command};
use crate::workspaces::{self, FUZZ, TARGET};
use crate::{root, target};

/// How long each target runs with each change, and in the long run.
const SHORT: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_mins(10);
/// How long one input may take, in seconds: on a machine that is busy.
const TIMEOUT: u32 = 60;
/// The dictionary of targets that have none of their own: that of stories.
const STORY: &str = "story";

/// How long a target runs.
pub(crate) fn duration(long: bool) -> Duration {
    if long { LONG } else { SHORT }
}

/// Runs all targets, as many at a time as there are processors. Where there is no nightly compiler it
/// says so, as who has a stable one alone is to have the other tests.
///
/// # Errors
/// When one of them fails, or runs nothing.
pub(crate) fn run_all(duration: Duration) -> Result<()> {
    if !workspaces::has_nightly() {
        println!("not fuzzed: that takes a nightly compiler; `rustup toolchain install nightly`");
        return Ok(());
    }
    let targets = targets()?;
    run_command(&mut workspaces::fuzz_targets()?)?;
    let rest = Mutex::new(targets.iter());
    let failures = Mutex::new(Vec::new());
    let next = || rest.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(name) = next() {
            match Target::new(name).run(duration) {
                Ok(executed) => println!("{name}: {executed} inputs without a fault"),
                Err(error) => {
                    eprintln!("{name}: {error:#}");
                    failures.lock().unwrap_or_else(PoisonError::into_inner).push(name.as_str());
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    ensure!(failures.is_empty(), "these targets failed: {}", failures.join(", "));
    Ok(())
}

/// Runs one target, or what it makes of one input.
///
/// # Errors
/// When there is no such target, or it fails.
pub(crate) fn run_one(name: &str, input: Option<&Path>) -> Result<()> {
    let targets = targets()?;
    ensure!(
        targets.iter().any(|known| known == name),
        "there is no target `{name}`; there are {}",
        targets.join(", ")
    );
    run_command(workspaces::fuzz_targets()?.args(["--bin", name]))?;
    let target = Target::new(name);
    match input {
        Some(input) => run_command(Command::new(target.program()).arg(input)),
        None => run_command(&mut target.command(LONG)?),
    }
}

/// The names of all targets.
fn targets() -> Result<Vec<String>> {
    let folder = root().join(FUZZ).join("fuzz_targets");
    let files =
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

struct Target<'n> {
    name: &'n str,
}

impl<'n> Target<'n> {
    fn new(name: &'n str) -> Self {
        Self { name }
    }

    fn program(&self) -> PathBuf {
        target().join("fuzz").join(TARGET).join("release").join(self.name)
    }

    /// Where it keeps what it finds.
    fn found(&self, what: &str) -> Result<PathBuf> {
        let folder = target().join("fuzz").join(what).join(self.name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }

    fn command(&self, duration: Duration) -> Result<Command> {
        let folder = root().join(FUZZ);
        let own = folder.join("dictionaries").join(self.name);
        let dictionary = if own.exists() { own } else { folder.join("dictionaries").join(STORY) };
        let mut artifacts = self.found("artifacts")?.into_os_string();
        artifacts.push("/");
        let option = |name: &str, value: &std::ffi::OsStr| {
            let mut option = std::ffi::OsString::from(name);
            option.push(value);
            option
        };
        let mut command = Command::new(self.program());
        command
            .args([self.found("corpus")?, folder.join("corpus").join(self.name)])
            .arg(option("-artifact_prefix=", &artifacts))
            .arg(option("-dict=", dictionary.as_os_str()))
            .arg(format!("-max_total_time={}", duration.as_secs()))
            .arg(format!("-timeout={TIMEOUT}"))
            .arg("-print_final_stats=1");
        if duration == SHORT {
            // what fails with a change fails again
            command.arg("-seed=1");
        }
        Ok(command)
    }

    /// Gives how many inputs were tried.
    fn run(&self, duration: Duration) -> Result<u64> {
        let log = self.found("logs")?.join("last");
        let mut command = self.command(duration)?;
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let status = command
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()
            .with_context(|| format!("cannot start `{}`", line_of(&command)))?;
        let said = fs::read(&log)?;
        let said = String::from_utf8_lossy(&said);
        if !status.success() {
            println!("{}", fault(&said));
            if let Some(input) = input(&said) {
                println!("to see it again: cargo xtask fuzz {} {input}", self.name);
            }
            bail!("it ended with {status}; all that it said is in {}", log.display());
        }
        let executed = executed(&said).unwrap_or(0);
        ensure!(executed > 0, "it tried no input; all that it said is in {}", log.display());
        Ok(executed)
    }
}

/// How many inputs libFuzzer says that it has tried.
fn executed(said: &str) -> Option<u64> {
    let number =
        |line: &str| line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok();
    said.lines().find_map(number)
}

/// What went wrong, without what went before.
fn fault(said: &str) -> &str {
    let beginnings = ["thread '", "==", "ALARM:"];
    let lines = said.split_inclusive('\n');
    let mut before = 0;
    for line in lines {
        if beginnings.iter().any(|beginning| line.starts_with(beginning)) {
            return &said[before..];
        }
        before += line.len();
    }
    said
}

/// The file with the input that was at fault.
fn input(said: &str) -> Option<&str> {
    let (_, after) = said.rsplit_once("Test unit written to ")?;
    after.lines().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "\
INFO: Seed: 7
#2\tINITED cov: 15
thread '<unnamed>' (1) panicked at fuzz_targets/text.rs:1:1:
no
artifact_prefix='/t/'; Test unit written to /t/crash-59
Base64: bTI=
stat::number_of_executed_units: 236
";

    #[test]
    fn what_failed_is_told_with_its_input() {
        assert!(fault(FAILED).starts_with("thread '<unnamed>'"));
        assert_eq!(input(FAILED), Some("/t/crash-59"));
        assert_eq!(fault("it did not start"), "it did not start");
        assert_eq!(input("it did not start"), None);
    }

    #[test]
    fn who_tries_nothing_is_known() {
        assert_eq!(executed(FAILED), Some(236));
        assert_eq!(executed("stat::number_of_executed_units: 0\n"), Some(0));
        assert_eq!(executed("INFO: Seed: 7\n"), None);
    }

    #[test]
    fn every_target_has_seeds_and_a_dictionary_that_is_there() {
        let folder = root().join(FUZZ);
        let targets = targets().unwrap();
        assert!(targets.len() > 1);
        for name in &targets {
            let seeds = fs::read_dir(folder.join("corpus").join(name)).map(Iterator::count);
            assert!(seeds.is_ok_and(|seeds| seeds > 0), "{name} has no seeds");
        }
        for dictionary in fs::read_dir(folder.join("dictionaries")).unwrap() {
            let name = dictionary.unwrap().file_name().into_string().unwrap();
            assert!(name == STORY || targets.contains(&name), "{name} is of no target");
        }
    }
}
