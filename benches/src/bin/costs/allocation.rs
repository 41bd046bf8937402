//! The bytes that this thread has allocated and not freed.

// an allocator cannot be had otherwise
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

/// The system's allocator, counted.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes of this thread, less what it freed of others.
pub fn live_bytes() -> i64 {
    LIVE.get()
}

fn count(bytes: usize, sign: i64) {
    let bytes = i64::try_from(bytes).expect("no allocation is that large");
    LIVE.set(LIVE.get() + sign * bytes);
}

// SAFETY: each call goes to the system's allocator as it is; counting allocates nothing, since the
// thread's cell is made at compile time and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}
