//! What is known of one check, and how a run changes it. Has no clock and does nothing else, so that
//! histories of it can be tested.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::readiness::{CheckReason, CheckStatus};

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) status: CheckStatus,
    pub(super) reason: Option<CheckReason>,
    pub(super) message: Option<Arc<str>>,
    pub(super) duration: Duration,
}

/// What is known of one check.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// `None` before the first result.
    pub(super) status: Option<CheckStatus>,
    /// Of the last run that did not pass, while the status follows from it.
    pub(super) reason: Option<CheckReason>,
    pub(super) message: Option<Arc<str>>,
    pub(super) since: Option<Instant>,
    pub(super) duration: Option<Duration>,
    pub(super) checked_at: Option<(Instant, SystemTime)>,
    pub(super) last_pass: Option<SystemTime>,
    pub(super) runs: u64,
    pub(super) failures: u64,
    pub(super) timeouts: u64,
    pub(super) panics: u64,
    /// Runs that were due while the one before had not returned.
    pub(super) skipped: u64,
    pub(super) failures_in_a_row: u64,
    passes_in_a_row: u64,
}

/// A check that is something else than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) from: Option<CheckStatus>,
    pub(super) to: CheckStatus,
    /// How long it was what it was.
    pub(super) after: Duration,
}

impl Progress {
    /// Takes the result of a run into account.
    pub(super) fn settle(
        &mut self,
        ran: &Ran,
        (failure_threshold, success_threshold): (u32, u32),
        now: (Instant, SystemTime),
    ) -> Option<Turn> {
        self.runs += 1;
        self.duration = Some(ran.duration);
        self.checked_at = Some(now);
        let fails = ran.status == CheckStatus::Fail;
        if fails {
            self.failures += 1;
            self.failures_in_a_row += 1;
            self.passes_in_a_row = 0;
            self.timeouts += u64::from(ran.reason == Some(CheckReason::Timeout));
            self.panics += u64::from(ran.reason == Some(CheckReason::Panic));
        } else {
            self.failures_in_a_row = 0;
            self.passes_in_a_row += 1;
            self.last_pass = Some(now.1);
        }
        let holds_back = match self.status {
            // Nothing is known that could hold it back.
            None => false,
            Some(CheckStatus::Fail) => {
                !fails && self.passes_in_a_row < u64::from(success_threshold)
            }
            Some(_) => fails && self.failures_in_a_row < u64::from(failure_threshold),
        };
        if holds_back {
            return None;
        }
        self.reason = ran.reason;
        self.message.clone_from(&ran.message);
        let from = self.status.replace(ran.status);
        if from == Some(ran.status) {
            return None;
        }
        let since = self.since.replace(now.0);
        let after = since.map_or(Duration::ZERO, |since| now.0.saturating_duration_since(since));
        Some(Turn { from, to: ran.status, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(status: CheckStatus) -> Ran {
        let reason = (status == CheckStatus::Fail).then_some(CheckReason::Error);
        Ran { status, reason, message: None, duration: Duration::ZERO }
    }

    /// The statuses after each run: `p`ass, `w`arn, `f`ail.
    fn history(runs: &str, thresholds: (u32, u32)) -> String {
        let mut progress = Progress::default();
        let now = (Instant::now(), SystemTime::now());
        let status = |letter| match letter {
            'p' => CheckStatus::Pass,
            'w' => CheckStatus::Warn,
            _ => CheckStatus::Fail,
        };
        let mut statuses = String::new();
        for letter in runs.chars() {
            progress.settle(&ran(status(letter)), thresholds, now);
            statuses.extend(progress.status.map(|status| &status.as_str()[..1]));
        }
        statuses
    }

    #[test]
    fn each_run_counts_without_thresholds() {
        assert_eq!(history("pfpwfp", (1, 1)), "pfpwfp");
    }

    #[test]
    fn the_first_run_counts_by_itself() {
        assert_eq!(history("f", (3, 3)), "f");
        assert_eq!(history("p", (3, 3)), "p");
    }

    #[test]
    fn a_check_turns_after_so_many_runs_in_a_row_and_flapping_turns_nothing() {
        assert_eq!(history("pffpfff", (3, 1)), "ppppppf");
        assert_eq!(history("fppfppp", (1, 3)), "ffffffp");
        assert_eq!(history("pfpfpfpf", (2, 2)), "pppppppp");
    }

    #[test]
    fn all_is_counted_whatever_the_status() {
        let mut progress = Progress::default();
        let now = (Instant::now(), SystemTime::now());
        for status in [CheckStatus::Pass, CheckStatus::Fail, CheckStatus::Fail] {
            progress.settle(&ran(status), (9, 9), now);
        }
        assert_eq!(progress.status, Some(CheckStatus::Pass));
        assert_eq!((progress.runs, progress.failures, progress.failures_in_a_row), (3, 2, 2));
        assert_eq!(progress.last_pass, Some(now.1));
    }

    #[test]
    fn a_turn_says_how_long_it_was_what_it_was() {
        let mut progress = Progress::default();
        let (start, wall) = (Instant::now(), SystemTime::now());
        let first = progress.settle(&ran(CheckStatus::Fail), (1, 1), (start, wall));
        assert_eq!(first.map(|turn| turn.from), Some(None));
        let later = start + Duration::from_secs(7);
        let turn = progress.settle(&ran(CheckStatus::Pass), (1, 1), (later, wall)).unwrap();
        assert_eq!((turn.from, turn.to), (Some(CheckStatus::Fail), CheckStatus::Pass));
        assert_eq!(turn.after, Duration::from_secs(7));
    }
}
