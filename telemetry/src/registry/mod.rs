//! What the whole program declares: vocabularies and groups of metrics.
//!
//! Each `events!` and each `metrics!` block adds one pointer to a [distributed](crate::distributed)
//! list, from whatever crate it stands in. Beside those lists stands one that grows at run time, for
//! plugins and for events that the linker dropped. All are read as one, without duplicates.

// linkme's `#[link_section]`.
#![allow(unsafe_code)]

mod run_time;
mod twins;
mod vocabulary;

use std::collections::HashSet;

pub(crate) use self::run_time::{add_group, add_vocabulary};
pub(crate) use self::twins::with_twins;
pub use self::vocabulary::{Vocabulary, crate_name, crate_version};
use crate::distributed::list;
use crate::event::AnyEvent;
use crate::metric::MetricGroup;

list! {
    /// One element for each `events!` block.
    __TELEMETRY_EVENTS_V0_1: &'static Vocabulary, gathered_vocabularies
}

list! {
    /// One element for each `metrics!` block.
    __TELEMETRY_METRICS_V0_1: &'static MetricGroup, gathered_groups
}

/// The vocabularies of all crates that are linked into this program.
///
/// A crate that is only in `Cargo.toml` and never named in code is not linked: `use that_crate as _;`
/// links it. This crate's own vocabulary is always there; without it the linker dropped the lists.
pub fn vocabularies() -> impl ExactSizeIterator<Item = &'static Vocabulary> {
    unique(gathered_vocabularies().chain(run_time::vocabularies()))
}

/// The metrics of all crates that are linked into this program, by `metrics!` block.
pub fn metric_groups() -> impl ExactSizeIterator<Item = &'static MetricGroup> {
    unique(gathered_groups().chain(run_time::groups()))
}

/// The event of this name that is declared somewhere.
pub(crate) fn declared_event(name: &str) -> Option<&'static AnyEvent> {
    let mut events = vocabularies().flat_map(|vocabulary| vocabulary.events().iter().copied());
    events.find(|event| event.name() == name)
}

fn unique<T: 'static>(
    elements: impl Iterator<Item = &'static T>,
) -> impl ExactSizeIterator<Item = &'static T> {
    let mut seen = HashSet::new();
    let unique: Vec<&'static T> =
        elements.filter(|element| seen.insert(std::ptr::from_ref::<T>(element))).collect();
    unique.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> &'static Vocabulary {
        let mut own = vocabularies().filter(|one| one.module() == "telemetry::vocabulary");
        own.next().expect("linked")
    }

    #[test]
    fn the_own_vocabulary_is_registered() {
        let names: Vec<_> = own().events().iter().map(|event| event.name()).collect();
        assert_eq!(names, ["telemetry.handler.failure"]);
        assert_eq!(own().crate_name(), "telemetry-toolkit");
    }

    #[test]
    fn what_is_added_at_run_time_is_there_once() {
        static VOCABULARY: Vocabulary = Vocabulary::new("added", "1.0.0", "added", &[], &[]);
        static GROUP: MetricGroup = MetricGroup::new("added", &[]);
        for _ in 0..2 {
            add_vocabulary(&VOCABULARY);
            add_group(&GROUP);
        }
        assert_eq!(vocabularies().filter(|one| one.crate_name() == "added").count(), 1);
        assert_eq!(metric_groups().filter(|one| one.crate_name() == "added").count(), 1);
    }

    #[test]
    fn what_is_gathered_and_added_is_there_once() {
        add_vocabulary(own());
        assert_eq!(vocabularies().filter(|one| std::ptr::eq(*one, own())).count(), 1);
    }
}
