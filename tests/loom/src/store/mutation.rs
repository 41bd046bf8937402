//! What is changed in this run of a model: nothing, one of the mutants' lines, or the memory ordering
//! of one place, which is weakened to show that it is needed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::Location;
use std::path::Path;
use std::sync::atomic::Ordering;

// loom's threads are all on one thread of the system
thread_local! {
    static CHANGED: Cell<&'static str> = const { Cell::new("") };
    static PLACES: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Changes this, a mutant's name or a [place](places), in what runs on this thread from now on.
pub fn switch_on(change: String) {
    CHANGED.set(change.leak());
}

/// Whether the mutant is to be run.
pub(super) fn is_on(mutant: &str) -> bool {
    CHANGED.get() == mutant
}

/// The ordering that an access has: `Relaxed` at the place that is weakened.
pub(super) fn ordering_at(location: &Location<'_>, ordering: Ordering) -> Ordering {
    if ordering == Ordering::Relaxed {
        return ordering;
    }
    let file = Path::new(location.file()).file_name().unwrap_or_default().to_string_lossy();
    let place = format!("{file}:{}:{}", location.line(), location.column());
    let is_weakened = is_on(&place);
    PLACES.with_borrow_mut(|places| places.insert(place));
    if is_weakened { Ordering::Relaxed } else { ordering }
}

/// The places, `file:line:column`, with a stronger ordering that were met on this thread so far.
pub fn places() -> Vec<String> {
    PLACES.with_borrow(|places| places.iter().cloned().collect())
}
