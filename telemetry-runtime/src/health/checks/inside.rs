//! What the telemetry runtime knows of itself and of what it supervises.

use crate::health::view::View;
use crate::health::{CheckKind, HealthCheck, Verdict};
use crate::supervisor::{ChildInfo, ChildState};

/// Fails while a supervised child has failed for good or does not stop, and warns while one waits to be
/// restarted: a supervisor deals with that by itself. Optional.
#[track_caller]
pub fn supervision(name: impl Into<String>) -> HealthCheck {
    HealthCheck::inside(name, look_at_tree).kind(CheckKind::Process).optional()
}

/// Warns while the last report of a reporter has failed. Optional: a program that nobody can watch still
/// serves.
#[track_caller]
pub fn reporters(name: impl Into<String>) -> HealthCheck {
    HealthCheck::inside(name, look_at_reports).kind(CheckKind::Process).optional()
}

fn look_at_tree(view: &View) -> Verdict {
    let (mut failed, mut waiting) = (Vec::new(), Vec::new());
    sort(&view.tree.info(), &mut failed, &mut waiting);
    if !failed.is_empty() {
        Verdict::Fail(failed.join("; "))
    } else if waiting.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Warn(waiting.join("; "))
    }
}

fn sort(child: &ChildInfo, failed: &mut Vec<String>, waiting: &mut Vec<String>) {
    let ChildInfo { path, state, last_failure, .. } = child;
    let reason = || last_failure.as_ref().map_or(String::new(), |failure| format!(", {failure}"));
    match state {
        ChildState::Failed | ChildState::Abandoned => {
            failed.push(format!("{path} is {state}{}", reason()));
        }
        ChildState::Waiting { .. } => {
            waiting.push(format!("{path} waits to be restarted{}", reason()));
        }
        _ => {}
    }
    for child in &child.children {
        sort(child, failed, waiting);
    }
}

fn look_at_reports(view: &View) -> Verdict {
    let failing = view.reports.all_failing().into_iter().map(|(name, failing)| {
        format!("{name} failed {} times in a row: {}", failing.count, failing.reason)
    });
    let failing: Vec<String> = failing.collect();
    if failing.is_empty() { Verdict::Pass } else { Verdict::Warn(failing.join("; ")) }
}
