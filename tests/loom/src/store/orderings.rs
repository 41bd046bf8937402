//! The places of the store that order memory, and how one of them is weakened to show that it must.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::Location;
use std::path::Path;
use std::sync::atomic::Ordering;

thread_local! {
    /// loom's threads are all on one thread of the system.
    static PLACES: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    static WEAKENED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The ordering that an access has: `Relaxed` at the place that is weakened.
pub(super) fn ordering_at(location: &Location<'_>, ordering: Ordering) -> Ordering {
    if ordering == Ordering::Relaxed {
        return ordering;
    }
    let file = Path::new(location.file()).file_name().unwrap_or_default().to_string_lossy();
    let place = format!("{file}:{}:{}", location.line(), location.column());
    let is_weakened = WEAKENED.with_borrow(|weakened| weakened.as_ref() == Some(&place));
    PLACES.with_borrow_mut(|places| places.insert(place));
    if is_weakened { Ordering::Relaxed } else { ordering }
}

/// Weakens a place, `file:line:column`, for what runs on this thread from now on.
pub fn weaken(place: &str) {
    WEAKENED.set(Some(place.to_owned()));
}

/// The places that were met on this thread so far.
pub fn places() -> Vec<String> {
    PLACES.with_borrow(|places| places.iter().cloned().collect())
}
