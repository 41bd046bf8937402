//! A value that knows whether it was freed, and memory in which a freed one can still be asked.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;

use loom::cell::UnsafeCell;

thread_local! {
    /// The loom threads of a model are all on one thread of the system.
    static MADE: Cell<usize> = const { Cell::new(0) };
    static FREED: Cell<usize> = const { Cell::new(0) };
    /// A panic in a `drop` may have been caught where the value was freed.
    static VIOLATED: Cell<bool> = const { Cell::new(false) };
}

/// A value to publish.
#[repr(align(512))]
pub struct Tracked {
    freed: Cell<bool>,
    /// loom checks that what is done with this is ordered, not only that it comes in order.
    body: UnsafeCell<()>,
}

// SAFETY: `freed` is what the models are about; loom runs one thread at a time.
unsafe impl Send for Tracked {}
// SAFETY: as above.
unsafe impl Sync for Tracked {}

impl Tracked {
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        MADE.set(MADE.get() + 1);
        Self { freed: Cell::new(false), body: UnsafeCell::new(()) }
    }

    /// Reads the value, which must not have been freed.
    pub fn look(&self) {
        assert!(!self.freed.get(), "read after it was freed");
        self.body.with(|_| ());
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        struct Violation;
        impl Drop for Violation {
            fn drop(&mut self) {
                VIOLATED.set(true);
            }
        }
        if thread::panicking() {
            return;
        }
        let violation = Violation;
        assert!(!self.freed.replace(true), "freed twice");
        self.body.with_mut(|_| ());
        FREED.set(FREED.get() + 1);
        std::mem::forget(violation);
    }
}

/// Forgets what the execution before did.
pub(crate) fn reset() {
    MADE.set(0);
    FREED.set(0);
    VIOLATED.set(false);
}

/// Checks that no check failed unseen.
///
/// # Panics
/// If one did.
pub fn assert_not_violated() {
    assert!(!VIOLATED.get(), "a value was freed while it was read, or twice");
}

/// Checks at a model's end that nothing leaked either.
///
/// # Panics
/// If something did.
pub fn assert_all_freed() {
    assert_not_violated();
    assert_eq!(FREED.get(), MADE.get(), "freed of those that were made");
}

/// Gives the memory of a [`Tracked`] never back: what reads it after its end finds its mark.
struct Quarantine;

#[global_allocator]
static ALLOCATOR: Quarantine = Quarantine;

// SAFETY: the system's allocator, which some blocks are never given back to.
unsafe impl GlobalAlloc for Quarantine {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if layout.align() != align_of::<Tracked>() {
            // SAFETY: the caller's promise.
            unsafe { System.dealloc(pointer, layout) }
        }
    }
}
