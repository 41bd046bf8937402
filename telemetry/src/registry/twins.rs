//! One name declared twice: by two versions of a library, or by two crates.
//!
//! Where the fields are the same too, the two statics are one event to whoever attaches by name.
//! Their Rust types remain two types, so that a typed handler hears its own static only. Where the
//! fields differ, the runtime refuses to start.

use std::collections::HashMap;

use super::{run_time, vocabularies};
use crate::event::AnyEvent;
use crate::field::Field;

/// The events, each once, and all declared ones that have name and fields of one of them.
///
/// An event that is declared and registered nowhere is added to the registry here: it exists, so its
/// linker dropped it. Here and not where it is executed, since what nobody is attached to executes
/// nothing, and this is where somebody attaches.
pub(crate) fn with_twins(events: &[&'static AnyEvent]) -> Vec<&'static AnyEvent> {
    let mut all: Vec<&'static AnyEvent> = Vec::with_capacity(events.len());
    let mut named: HashMap<&str, Vec<Wanted>> = HashMap::with_capacity(events.len());
    for event in events {
        let wanted = named.entry(event.name()).or_default();
        if !wanted.iter().any(|known| std::ptr::eq(known.event, *event)) {
            wanted.push(Wanted { event, is_registered: event.is_dynamic() });
            all.push(event);
        }
    }
    for registered in vocabularies().flat_map(|vocabulary| vocabulary.events().iter().copied()) {
        let Some(wanted) = named.get_mut(registered.name()) else { continue };
        if let Some(itself) = wanted.iter_mut().find(|one| std::ptr::eq(one.event, registered)) {
            itself.is_registered = true;
        } else if wanted.iter().any(|one| one.event.is_twin_of(registered)) {
            wanted.push(Wanted { event: registered, is_registered: true });
            all.push(registered);
        }
    }
    for missing in named.into_values().flatten().filter(|one| !one.is_registered) {
        run_time::add_event(missing.event);
    }
    all
}

struct Wanted {
    event: &'static AnyEvent,
    is_registered: bool,
}

impl AnyEvent {
    /// Whether the other event has the same name and the same fields: names and types as written, in
    /// the same order.
    #[doc(hidden)]
    pub fn is_twin_of(&self, other: &Self) -> bool {
        self.name() == other.name()
            && same_fields(self.measurements(), other.measurements())
            && same_fields(self.metadata(), other.metadata())
    }
}

fn same_fields(fields: &[Field], others: &[Field]) -> bool {
    let key = |field: &Field| (field.name, field.type_name);
    fields.len() == others.len() && fields.iter().map(key).eq(others.iter().map(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::registry::Vocabulary;

    mod first {
        telemetry_macros::events! {
            event twins.same { measurements { total: u64 } }
            event twins.other { measurements { total: u64 } }
            event twins.lost { measurements { total: u64 } }
        }
    }
    mod second {
        telemetry_macros::events! {
            event twins.same { measurements { total: u64 } }
            event twins.other { measurements { total: i64 } }
        }
    }

    #[test]
    fn events_of_one_name_and_one_schema_are_attached_to_together() {
        let (first, second) = (first::twins::same.any(), second::twins::same.any());
        for events in [&[first][..], &[second], &[second, first], &[first, first]] {
            let all = with_twins(events);
            assert_eq!(all.len(), 2);
            for event in [first, second] {
                assert!(all.iter().any(|found| std::ptr::eq(*found, event)));
            }
        }
    }

    #[test]
    fn events_of_one_name_with_other_fields_are_strangers() {
        let all = with_twins(&[first::twins::other.any()]);
        assert_eq!(all.len(), 1);
        assert!(!first::twins::other.is_twin_of(&second::twins::other));
    }

    #[test]
    fn event_that_no_list_has_is_registered_when_it_is_attached_to() {
        static LOST: Event<first::twins::lost::__Schema> = Event::new(None);
        for _ in 0..2 {
            assert_eq!(with_twins(&[LOST.any()]).len(), 2, "itself and its twin");
        }
        let registered = vocabularies().flat_map(Vocabulary::events);
        assert_eq!(registered.filter(|event| std::ptr::eq(**event, LOST.any())).count(), 1);
    }
}
