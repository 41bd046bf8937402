//! Definitions that are handed over while the program runs.
//!
//! Who needs this: nobody whose crates are linked into the program, and no plugin that shares this
//! crate with the program, as Rust `dylib`s do (feature `dynamic`): opening it registers what it
//! declares. A `cdylib` has a copy of this crate of its own, and neither side sees the other's
//! definitions, handlers or executions; it may run a runtime of its own.
//!
//! What is handed over must stay loaded for the rest of the process.

use crate::attachments;
use crate::metric::MetricGroup;
use crate::registry::{self, Vocabulary};

/// Adds a vocabulary, unless it is registered. Handlers that are attached by name to an event that it
/// declares too hear it from now on.
#[doc(hidden)]
pub fn register(vocabulary: &'static Vocabulary) {
    registry::add_vocabulary(vocabulary);
    attachments::adopt(vocabulary.events());
}

/// Adds a group of metrics, unless it is registered. Runtimes that are started later measure them.
#[doc(hidden)]
pub fn register_metrics(group: &'static MetricGroup) {
    registry::add_group(group);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::event::Event;

    // linkme's `#[link_section]`
    #[allow(unsafe_code)]
    mod host {
        telemetry_macros::events! {
            event plugin.work.done { measurements { total: u64 } }
        }
    }
    use host::plugin;

    #[test]
    fn handler_by_name_hears_the_twin_that_a_plugin_brings_later() {
        static BROUGHT: Event<plugin::work::done::__Schema> = Event::new(None);
        static VOCABULARY: Vocabulary =
            Vocabulary::new("plugin", "1.0.0", "plugin", &[BROUGHT.any()], &[]);
        static HEARD: AtomicU64 = AtomicU64::new(0);

        crate::attach_many("plugin-host", &[&plugin::work::done], (), |_, ()| {
            HEARD.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        crate::attach("plugin-typed", &plugin::work::done, (), |_, ()| {}).unwrap();
        assert!(!BROUGHT.has_handlers());

        register(&VOCABULARY);
        register(&VOCABULARY);
        BROUGHT.execute(
            &plugin::work::done::Measurements { total: 1 },
            &plugin::work::done::Metadata {},
        );
        assert_eq!(HEARD.load(Ordering::Relaxed), 1);
        let host = crate::handlers("plugin.work");
        assert_eq!(
            host.iter().map(|handler| &handler.events[..]).collect::<Vec<_>>(),
            [["plugin.work.done"]; 2]
        );

        crate::detach("plugin-host").unwrap();
        assert!(!BROUGHT.has_handlers(), "a typed handler hears its own event only");
        crate::detach("plugin-typed").unwrap();
    }
}
