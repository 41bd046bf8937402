//! What the machine can do, without any telemetry.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::contender::Contender;

/// One locked addition to a word that all threads share.
pub const FETCH_ADD: &str = "relaxed `fetch_add`";
/// The invariant counter of the processor, where the kernel says that it is one.
pub const TWO_READS: &str = "2 × `fastant::Instant::now`";
/// Only what the handlers of the row do.
pub const BODY: &str = "the handler's body alone";

pub fn fetch_add() -> Contender {
    static TOTAL: AtomicU64 = AtomicU64::new(0);
    Contender::yardstick(FETCH_ADD, |_| {
        TOTAL.fetch_add(1, Ordering::Relaxed);
    })
}

pub fn thread_local_cell() -> Contender {
    thread_local! {
        static TOTAL: Cell<u64> = const { Cell::new(0) };
    }
    Contender::yardstick("a thread's own cell", |_| {
        TOTAL.set(black_box(TOTAL.get() + 1));
    })
}

pub fn two_clock_reads() -> Contender {
    Contender::yardstick(TWO_READS, |_| {
        let begin = fastant::Instant::now();
        black_box(begin.elapsed());
    })
}

pub fn two_system_clock_reads() -> Contender {
    Contender::yardstick("2 × `std::time::Instant::now`", |_| {
        let begin = Instant::now();
        black_box(begin.elapsed());
    })
}

pub fn handler_body() -> Contender {
    Contender::yardstick(BODY, |request| {
        black_box(request.bytes);
    })
}
