//! Definitions that nothing gathered: handed over while the program runs, or found by being used.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Vocabulary;
use crate::event::AnyEvent;
use crate::metric::MetricGroup;

static ADDED: Mutex<Added> = Mutex::new(Added { vocabularies: Vec::new(), groups: Vec::new() });

struct Added {
    vocabularies: Vec<&'static Vocabulary>,
    groups: Vec<&'static MetricGroup>,
}

/// The package of events that were attached to and that no list has: their linker dropped them.
const UNREGISTERED: &str = "(unregistered)";

pub(super) fn vocabularies() -> Vec<&'static Vocabulary> {
    lock().vocabularies.clone()
}

pub(super) fn groups() -> Vec<&'static MetricGroup> {
    lock().groups.clone()
}

/// Adds a vocabulary, unless it is there.
pub(crate) fn add_vocabulary(vocabulary: &'static Vocabulary) {
    add(&mut lock().vocabularies, vocabulary);
}

/// Adds a group of metrics, unless it is there.
pub(crate) fn add_group(group: &'static MetricGroup) {
    add(&mut lock().groups, group);
}

/// Adds an event that no vocabulary names; once, the caller sees to that.
pub(super) fn add_event(event: &'static AnyEvent) {
    let events: &'static [&'static AnyEvent] = Box::leak(Box::new([event]));
    let vocabulary = Vocabulary::new(UNREGISTERED, "", event.location().file(), events, &[]);
    lock().vocabularies.push(Box::leak(Box::new(vocabulary)));
}

fn add<T>(list: &mut Vec<&'static T>, element: &'static T) {
    if !list.iter().any(|known| std::ptr::eq(*known, element)) {
        list.push(element);
    }
}

fn lock() -> MutexGuard<'static, Added> {
    ADDED.lock().unwrap_or_else(PoisonError::into_inner)
}
