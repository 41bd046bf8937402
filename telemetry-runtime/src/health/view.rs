//! What checks of the telemetry runtime itself look at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::supervisor::Node;

/// What the telemetry runtime knows of itself.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) tree: Arc<Node>,
    pub(crate) reports: Reports,
}

/// How the last report of each reporter went. Copies of it are of the same ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reports {
    failing: Arc<Mutex<BTreeMap<String, Failing>>>,
}

/// Reports that failed in a row.
#[derive(Debug, Clone)]
pub(super) struct Failing {
    pub(super) count: u64,
    pub(super) reason: String,
}

impl Reports {
    /// Notes how a report went.
    pub(crate) fn note(&self, reporter: &str, failure: Option<&dyn fmt::Display>) {
        let mut failing = self.failing();
        match failure {
            None => {
                failing.remove(reporter);
            }
            Some(reason) => {
                let count = failing.get(reporter).map_or(0, |failing| failing.count) + 1;
                failing.insert(reporter.into(), Failing { count, reason: reason.to_string() });
            }
        }
    }

    /// The reporters whose last report failed.
    pub(super) fn all_failing(&self) -> Vec<(String, Failing)> {
        let failing = self.failing();
        failing.iter().map(|(name, failing)| (name.clone(), failing.clone())).collect()
    }

    fn failing(&self) -> MutexGuard<'_, BTreeMap<String, Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
