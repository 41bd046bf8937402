//! What is known of all checks at a moment: what probes are answered from.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::entry::Entry;
use super::health_check::CheckKind;
use super::readiness::{CheckReason, CheckStatus, Readiness};

/// What is known of all checks at a moment, by name. It does not change: a run of a check makes
/// another one.
#[derive(Debug, Clone, Default)]
pub struct HealthSnapshot {
    pub(super) checks: Vec<CheckInfo>,
}

/// What is known of one check. For operators: names of hosts may be in its message.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CheckInfo {
    /// Its name.
    pub name: Arc<str>,
    /// What kind of thing it looks at.
    pub kind: CheckKind,
    /// Whether the program cannot serve without it.
    pub is_critical: bool,
    /// Whether it passes, thresholds applied; `None` before its first result.
    pub status: Option<CheckStatus>,
    /// Why it does not pass.
    pub reason: Option<CheckReason>,
    /// The error, without secrets, of 256 characters at the most.
    pub message: Option<Arc<str>>,
    /// Of the last run.
    pub duration: Option<Duration>,
    /// When the last run ended.
    pub checked_at: Option<SystemTime>,
    /// When a run last passed.
    pub last_pass: Option<SystemTime>,
    /// How many runs have ended, or were given up.
    pub runs: u64,
    /// How many of them failed.
    pub failures: u64,
    /// How many of those took too long.
    pub timeouts: u64,
    /// How many of those panicked.
    pub panics: u64,
    /// How many runs were left out because the one before had not returned.
    pub skipped: u64,
    /// How many of the last runs failed.
    pub consecutive_failures: u64,
    pub(super) stale_at: Option<Instant>,
    pub(super) ended: Option<Instant>,
}

impl HealthSnapshot {
    pub(super) fn of<'e>(entries: impl Iterator<Item = &'e Arc<Entry>>) -> Self {
        Self { checks: entries.map(|entry| entry.info()).collect() }
    }

    /// All checks, by name.
    pub fn checks(&self) -> &[CheckInfo] {
        &self.checks
    }

    /// The check with this name.
    pub fn check(&self, name: &str) -> Option<&CheckInfo> {
        // They are sorted.
        let place = self.checks.binary_search_by(|check| (*check.name).cmp(name)).ok()?;
        self.checks.get(place)
    }

    /// Whether each critical check has a result.
    pub(super) fn is_complete(&self) -> bool {
        self.checks.iter().all(|check| check.status.is_some() || !check.is_critical)
    }

    /// What follows from the checks alone.
    pub(super) fn readiness(&self, now: Instant) -> Readiness {
        let mut readiness = Readiness::Ready;
        for check in &self.checks {
            match (check.status_at(now), check.is_critical) {
                (Some(CheckStatus::Fail), true) => return Readiness::NotReady,
                (Some(CheckStatus::Fail | CheckStatus::Warn), _) => {
                    readiness = Readiness::Degraded;
                }
                (Some(CheckStatus::Pass) | None, _) => {}
            }
        }
        readiness
    }

    /// The checks that do not pass.
    pub(super) fn causes(&self, now: Instant) -> String {
        let bad = self.checks.iter().filter(|check| {
            matches!(check.status_at(now), Some(CheckStatus::Fail | CheckStatus::Warn))
        });
        let names: Vec<&str> = bad.map(|check| &*check.name).collect();
        names.join(",")
    }
}

impl CheckInfo {
    /// Whether the last result is too old to be believed.
    pub fn is_stale(&self) -> bool {
        self.is_stale_at(Instant::now())
    }

    fn is_stale_at(&self, now: Instant) -> bool {
        self.stale_at.is_some_and(|stale_at| now >= stale_at)
    }

    /// A result that is too old counts as a failure.
    pub(super) fn status_at(&self, now: Instant) -> Option<CheckStatus> {
        if self.is_stale_at(now) { Some(CheckStatus::Fail) } else { self.status }
    }

    pub(super) fn reason_at(&self, now: Instant) -> Option<CheckReason> {
        match self.status {
            None => Some(CheckReason::NotRun),
            Some(CheckStatus::Fail) => self.reason,
            Some(_) if self.is_stale_at(now) => Some(CheckReason::Stale),
            Some(_) => self.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, is_critical: bool, status: Option<CheckStatus>) -> CheckInfo {
        CheckInfo {
            name: name.into(),
            kind: CheckKind::Custom,
            is_critical,
            status,
            reason: None,
            message: None,
            duration: None,
            checked_at: None,
            last_pass: None,
            runs: 0,
            failures: 0,
            timeouts: 0,
            panics: 0,
            skipped: 0,
            consecutive_failures: 0,
            stale_at: None,
            ended: None,
        }
    }

    #[test]
    fn readiness_follows_from_what_matters_most() {
        use CheckStatus::{Fail, Pass, Warn};
        use Readiness::{Degraded, NotReady, Ready};
        let now = Instant::now();
        for (critical, optional, expected) in [
            (Pass, Pass, Ready),
            (Pass, Warn, Degraded),
            (Pass, Fail, Degraded),
            (Warn, Pass, Degraded),
            (Fail, Pass, NotReady),
            (Fail, Fail, NotReady),
        ] {
            let checks = vec![check("a", false, Some(optional)), check("b", true, Some(critical))];
            let snapshot = HealthSnapshot { checks };
            assert_eq!(snapshot.readiness(now), expected, "{critical} {optional}");
        }
        assert_eq!(HealthSnapshot::default().readiness(now), Ready);
    }

    #[test]
    fn a_result_that_is_too_old_is_a_failure() {
        let now = Instant::now();
        for (is_critical, expected) in [(true, Readiness::NotReady), (false, Readiness::Degraded)] {
            let mut old = check("a", is_critical, Some(CheckStatus::Pass));
            old.stale_at = Some(now);
            assert_eq!(old.reason_at(now), Some(CheckReason::Stale));
            let snapshot = HealthSnapshot { checks: vec![old] };
            assert_eq!(snapshot.readiness(now), expected);
            assert_eq!(snapshot.causes(now), "a");
        }
    }

    #[test]
    fn what_has_no_result_yet_is_waited_for_if_it_is_critical() {
        let complete = |is_critical| {
            HealthSnapshot { checks: vec![check("a", is_critical, None)] }.is_complete()
        };
        assert!(!complete(true) && complete(false));
    }
}
