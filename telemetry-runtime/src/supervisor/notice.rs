//! What is said of a child: an event each time, and an operator line when it begins to fail.

use std::time::Duration;

use telemetry::__private::{now, system_time};

use super::machine::Consequence;
use super::node::Node;
use super::outcome::Failure;
use crate::log::Log;
use crate::panics;
use crate::vocabulary::runtime::runtime;

/// One child of one supervisor.
pub(super) struct Subject<'s> {
    pub(super) supervisor: &'s Node,
    pub(super) child: &'s Node,
    pub(super) restarts: u64,
}

impl Subject<'_> {
    pub(super) fn started(&self) {
        let (supervisor, child) = (&**self.supervisor.path(), self.child.name());
        let now = now();
        telemetry::execute!(
            runtime.supervisor.child.start,
            {
                monotonic_time: Duration::from_nanos(now),
                system_time: system_time(now),
                restarts: self.restarts,
            },
            { supervisor, child }
        );
    }

    /// `started` is the clock's reading at the start of the run.
    pub(super) fn stopped(&self, started: u64, reason: &str) {
        let (supervisor, child) = (&**self.supervisor.path(), self.child.name());
        let now = now();
        telemetry::execute!(
            runtime.supervisor.child.stop,
            {
                duration: Duration::from_nanos(now.saturating_sub(started)),
                monotonic_time: Duration::from_nanos(now),
                restarts: self.restarts,
            },
            { supervisor, child, reason }
        );
    }

    pub(super) fn failed(&self, started: u64, failure: &Failure) {
        let (supervisor, child) = (&**self.supervisor.path(), self.child.name());
        let now = now();
        telemetry::execute!(
            runtime.supervisor.child.exception,
            {
                duration: Duration::from_nanos(now.saturating_sub(started)),
                monotonic_time: Duration::from_nanos(now),
                restarts: self.restarts,
            },
            {
                supervisor,
                child,
                kind: failure.kind,
                reason: &failure.reason,
                location: failure.location.as_ref(),
            }
        );
    }

    pub(super) fn log(&self, log: &Log, failure: &Failure, consequence: Consequence) {
        let then = match consequence {
            Consequence::Restarted { after } => format!("; it is restarted after {after:.1?}"),
            Consequence::Regrouped => "; it is restarted with the others".to_owned(),
            Consequence::Ended => "; it is not restarted".to_owned(),
            Consequence::Exceeded => {
                format!("; too often, {} gives up", self.supervisor.path())
            }
            Consequence::Stopped | Consequence::None => String::new(),
        };
        let line = format!("telemetry: {} {failure}{then}", self.child.path());
        // A sink that panics is no reason to stop supervising.
        let _ = panics::catch(|| log(&line));
    }
}
