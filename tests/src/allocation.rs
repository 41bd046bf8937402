//! An allocator that counts, for test programs that are about memory.
//!
//! ```
//! use telemetry_tests::allocation::Counting;
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! # fn main() {
//! assert_eq!(Counting::allocations_of(|| drop(vec![0; 100])), 1);
//! # }
//! ```

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

/// Bytes that are allocated at this moment.
static LIVE: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    /// Allocations of this thread.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counted. To be named as the `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

impl Counting {
    /// Bytes that the program has allocated and not freed.
    pub fn live_bytes() -> isize {
        LIVE.load(Ordering::SeqCst)
    }

    /// How often this thread allocates while `work` runs.
    pub fn allocations_of(work: impl FnOnce()) -> u64 {
        let before = ALLOCATIONS.get();
        work();
        ALLOCATIONS.get() - before
    }
}

// SAFETY: the system's allocator; counters beside it change nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}
