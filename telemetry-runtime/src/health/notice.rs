//! What is said of checks and states: an event each time, and a line for operators when they turn.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use telemetry::__private::{now, system_time};

use super::entry::Entry;
use super::progress::{Ran, Turn};
use super::readiness::{CheckReason, CheckStatus, Readiness};
use crate::log::Log;
use crate::panics;
use crate::vocabulary::health::health;

/// Readiness that is something else than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from: Readiness,
    pub(super) to: Readiness,
    /// How long it was what it was.
    pub(super) after: Duration,
    pub(super) causes: String,
}

pub(super) fn execute_start(entry: &Entry) {
    let check = &entry.check;
    let now = now();
    telemetry::execute!(
        health.check.start,
        { monotonic_time: Duration::from_nanos(now), system_time: system_time(now) },
        { check: &check.name, kind: check.kind.as_str(), critical: check.is_critical }
    );
}

pub(super) fn execute_end(entry: &Entry, ran: &Ran) {
    let check = &entry.check;
    let (kind, critical) = (check.kind.as_str(), check.is_critical);
    let monotonic_time = Duration::from_nanos(now());
    if ran.status == CheckStatus::Fail {
        telemetry::execute!(
            health.check.exception,
            { duration: ran.duration, monotonic_time },
            {
                check: &check.name,
                kind,
                critical,
                outcome: ran.reason.map_or("error", CheckReason::as_str),
                message: ran.message.as_deref().unwrap_or_default(),
            }
        );
    } else {
        telemetry::execute!(
            health.check.stop,
            { duration: ran.duration, monotonic_time },
            { check: &check.name, kind, critical, outcome: ran.status.as_str() }
        );
    }
}

pub(super) fn execute_status(
    entry: &Entry,
    status: Option<CheckStatus>,
    last_pass: Option<SystemTime>,
) {
    let Some(status) = status else { return };
    let since_epoch = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).ok();
    telemetry::execute!(
        health.check.status,
        { value: status.value(), last_pass: last_pass.and_then(since_epoch) },
        { check: &entry.check.name, critical: entry.check.is_critical }
    );
}

pub(super) fn execute_change(change: &Change) {
    telemetry::execute!(
        health.state.change,
        { duration: change.after, system_time: system_time(now()) },
        { from: change.from.as_str(), to: change.to.as_str(), causes: &change.causes }
    );
}

pub(super) fn execute_current(current: Readiness) {
    for state in Readiness::ALL {
        telemetry::execute!(
            health.state.current,
            { value: u64::from(state == current) },
            { state: state.as_str() }
        );
    }
}

/// The line for what has turned: a check, readiness, or both of one cause.
pub(super) fn say(log: &Log, turn: Option<(&Entry, Turn, &Ran)>, change: Option<&Change>) {
    let mut line = String::from("telemetry: health:");
    if let Some((entry, turn, ran)) = turn {
        // A first result that is good is no news.
        if turn.from.is_none() && turn.to == CheckStatus::Pass && change.is_none() {
            return;
        }
        // Writing to a String cannot fail.
        let _ = write!(line, " the check {:?} ", entry.check.name);
        let reason = ran.reason.map_or("", CheckReason::as_str);
        let message = ran.message.as_deref().unwrap_or_default();
        let _ = match (turn.from, turn.to) {
            (Some(CheckStatus::Fail), CheckStatus::Pass) => {
                write!(line, "passes again after {:.1?}", turn.after)
            }
            (_, CheckStatus::Pass) => write!(line, "passes"),
            (_, CheckStatus::Warn) => write!(line, "warns: {message}"),
            (_, CheckStatus::Fail) => write!(line, "failed ({reason}): {message}"),
        };
        if change.is_some() {
            line.push(';');
        }
    }
    if let Some(Change { from, to, after, causes }) = change {
        let _ = write!(line, " {from} -> {to} after {after:.1?}");
        if turn.is_none() && !causes.is_empty() {
            let _ = write!(line, ", because of {causes}");
        }
    } else if turn.is_none() {
        return;
    }
    // A sink that panics harms no check.
    let _ = panics::catch(|| log(&line));
}
