//! Supervisors: what runs beside the application is started in order, started again when it fails,
//! and stopped in the reverse order.
//!
//! The ideas are Erlang's. A [`Child`] is a task, a thread or another supervisor; a [`Supervisor`]
//! says which of them are restarted when one fails, after which [`Backoff`], and at which
//! [`Intensity`] of restarts it gives up and fails itself. Panics are failures and never leave a
//! child. All of the runtime's own parts stand in such a tree, and the application puts its own below
//! it with [`Builder::supervise`](crate::Builder::supervise). The tree as it is at a moment is
//! [`Telemetry::supervision`](crate::Telemetry::supervision).
//!
//! A supervisor costs a task on the runtime's thread; while nothing happens it does nothing.

mod child;
mod driver;
#[cfg(test)]
mod histories;
mod machine;
mod node;
mod notice;
mod outcome;
mod policy;
mod run;
#[cfg(test)]
mod trees;

use std::collections::HashSet;
use std::fmt;

pub use self::child::Child;
pub(crate) use self::driver::{Driver, Surroundings};
use self::machine::Rules;
pub(crate) use self::node::Node;
pub use self::node::{ChildFailure, ChildInfo, ChildKind, ChildState};
pub use self::outcome::ChildResult;
pub use self::policy::{Backoff, Intensity, Restart, Strategy};
use crate::error::Error;

/// The description of a supervisor and its children.
///
/// ```no_run
/// use std::time::Duration;
/// use telemetry_runtime::{Backoff, Child, Intensity, Stop, Strategy, Supervisor, Telemetry};
/// # async fn receive(stop: Stop) {}
/// # fn settle(stop: Stop) {}
///
/// let billing = Supervisor::builder("billing")
///     .strategy(Strategy::RestForOne)
///     .intensity(Intensity::new(3, Duration::from_secs(10)))
///     .backoff(Backoff::exponential(Duration::from_millis(50), Duration::from_secs(5)))
///     .child(Child::task("receive", receive))
///     .child(Child::thread("settle", settle));
///
/// let telemetry = Telemetry::builder().supervise(billing).start()?;
/// # Ok::<(), telemetry_runtime::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a supervisor runs where it is given to `.supervise(…)` or `.child(…)`"]
pub struct Supervisor {
    name: String,
    rules: Rules,
    children: Vec<Child>,
}

impl Supervisor {
    /// Begins to describe a supervisor: one_for_one, with the default intensity and backoff, and
    /// without children.
    #[expect(clippy::doc_markdown, reason = "the strategy's name")]
    pub fn builder(name: impl Into<String>) -> Self {
        Self { name: name.into(), rules: Rules::default(), children: Vec::new() }
    }

    /// Which children are restarted when one is.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.rules.strategy = strategy;
        self
    }

    /// How many restarts are too many.
    pub fn intensity(mut self, intensity: Intensity) -> Self {
        self.rules.intensity = intensity;
        self
    }

    /// How long it waits before a restart.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.rules.backoff = backoff;
        self
    }

    /// Children are told to stop all at once, and not one after the other: for those that do not
    /// need each other.
    pub fn stop_together(mut self) -> Self {
        self.rules.stops_together = true;
        self
    }

    /// Adds a child, to be started after those before it.
    #[track_caller]
    pub fn child(mut self, child: impl Into<Child>) -> Self {
        self.children.push(child.into());
        self
    }

    /// # Errors
    /// Where a name is not one that children can be told apart by.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut names = HashSet::new();
        for child in &self.children {
            let Child { name, .. } = child;
            if name.is_empty() || name.contains(|c: char| c == '/' || c.is_control()) {
                return Err(Error::configuration(format!(
                    "the supervisor {:?} has a child called {name:?}; a name is not empty and has no `/` and no control character",
                    self.name
                )));
            }
            if !names.insert(name) {
                return Err(Error::configuration(format!(
                    "the supervisor {:?} has two children called {name:?}; rename one of them",
                    self.name
                )));
            }
            if let child::Body::Supervisor(supervisor) = &child.body {
                supervisor.check()?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.name)
            .field("strategy", &self.rules.strategy)
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(name: &str) -> Child {
        Child::thread(name, |_| ())
    }

    #[test]
    fn names_that_do_not_tell_children_apart_are_errors_that_name_them() {
        for (supervisor, parts) in [
            (
                Supervisor::builder("billing").child(thread("a")).child(thread("a")),
                ["\"billing\"", "two children called \"a\""],
            ),
            (
                Supervisor::builder("top").child(Supervisor::builder("inner").child(thread("a/b"))),
                ["\"inner\"", "\"a/b\""],
            ),
            (Supervisor::builder("top").child(thread("")), ["\"top\"", "not empty"]),
        ] {
            let error = supervisor.check().unwrap_err();
            assert!(error.is_configuration());
            let text = error.to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
        let fine = Supervisor::builder("top")
            .child(thread("a"))
            .child(Supervisor::builder("b").child(thread("a")));
        assert!(fine.check().is_ok());
    }
}
