//! `promtool`, Prometheus's own judge of an exposition.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::components;

/// What a check found.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// Whether the exit status was zero.
    pub accepted: bool,
    /// Everything that was printed: nothing, where there is nothing to say.
    pub remarks: String,
}

/// Runs `promtool check metrics` over a page in the text format.
///
/// # Errors
/// Where the tool cannot be run.
pub fn check_metrics(text: &str) -> Result<Verdict> {
    let mut child = Command::new(components::find("promtool")?)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start promtool")?;
    if let Some(mut input) = child.stdin.take() {
        // it reads all of its input before it prints, so writing first cannot block for ever
        input.write_all(text.as_bytes()).context("promtool does not read its input")?;
    }
    let output = child.wait_with_output()?;
    let printed = [output.stdout, output.stderr].concat();
    Ok(Verdict {
        accepted: output.status.success(),
        remarks: String::from_utf8_lossy(&printed).trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
    fn clean_page_is_accepted_and_a_badly_named_metric_is_not() {
        let page = "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 3\n";
        let verdict = check_metrics(page).unwrap();
        assert_eq!(verdict.remarks, "");
        assert!(verdict.accepted);

        let verdict = check_metrics(&page.replace("counter", "gauge")).unwrap();
        assert!(verdict.remarks.contains("jobs_total"), "{verdict:?}");
        assert!(!verdict.accepted);
    }
}
