//! Where and when the figures were taken.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result};

use crate::root;
use crate::workspaces::output;

/// What is said, and its name.
pub(super) type Fact = (&'static str, String);

/// The machine, the compiler, the commit and the day.
///
/// # Errors
/// Where the compiler, the commit or the day cannot be had.
pub(super) fn facts() -> Result<Vec<Fact>> {
    let processors = thread::available_parallelism().context("cannot count the processors")?;
    let rustc = output(Command::new("rustc").arg("--version"))?;
    let day = output(Command::new("date").args(["--utc", "+%Y-%m-%d"]))?;
    Ok(vec![
        ("processor", processor(&read("/proc/cpuinfo"))),
        ("processors", processors.to_string()),
        ("memory", memory(&read("/proc/meminfo"))),
        ("kernel", read("/proc/sys/kernel/osrelease").trim().to_owned()),
        ("compiler", rustc.trim().to_owned()),
        ("commit", commit()?),
        ("date", day.trim().to_owned()),
    ])
}

/// Empty where this system has no such file.
fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

fn processor(text: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    line.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

fn memory(text: &str) -> String {
    let kibibytes = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"))
        .and_then(|number| number.parse::<u64>().ok());
    kibibytes.map_or_else(|| "unknown".to_owned(), |number| format!("{} GiB", number >> 20))
}

fn commit() -> Result<String> {
    let git = |arguments: &[&str]| output(Command::new("git").current_dir(root()).args(arguments));
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    // the page itself is what this run changes
    let pages = [":!docs/benchmarks.md", ":!docs/costs.md"];
    let status = git(&[&["status", "--porcelain", "--", "."][..], &pages].concat())?;
    let changes = if status.is_empty() { "" } else { ", with changes" };
    Ok(format!("{}{changes}", commit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_and_memory_are_read_from_the_kernel() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nmodel name\t: Some CPU\n";
        assert_eq!(processor(text), "Some CPU @ 3 GHz");
        assert_eq!(memory("MemTotal:       24676352 kB\nMemFree: 1 kB\n"), "23 GiB");
    }

    #[test]
    fn what_the_kernel_does_not_say_has_another_name() {
        assert_eq!(processor(""), std::env::consts::ARCH);
        assert_eq!(memory(""), "unknown");
    }
}
