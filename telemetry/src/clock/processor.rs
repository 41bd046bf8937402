//! The time stamp counter of a processor of the x86 family under Linux.

// The two instructions.
#![allow(unsafe_code)]

use std::arch::x86_64::{_mm_lfence, _rdtsc};
use std::fs::File;
use std::io::Read;

use super::counted::{Counted, Source};
use super::operating_system;

static CLOCK: Counted<Counter> = Counted::new(Counter);

/// Nanoseconds since the first reading in this process.
#[inline]
pub(super) fn nanos() -> u64 {
    CLOCK.now()
}

struct Counter;

impl Source for Counter {
    #[inline]
    fn ticks(&self) -> u64 {
        // The processor reads its counter ahead of loads that it still waits for. With the fence they
        // are part of what is timed, and a reading that follows another thread's is not less.
        // SAFETY: every x86_64 processor has both instructions, and the counter is read only where
        // the kernel's own functions for the time do so in this process.
        unsafe {
            _mm_lfence();
            _rdtsc()
        }
    }

    fn nanos(&self) -> u64 {
        operating_system::nanos()
    }

    /// The kernel watches the counter, and turns to another clock where it is not constant or not the
    /// same on all processors.
    fn is_trusted(&self) -> bool {
        let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let mut name = [0; 4];
        let read = File::open(path).and_then(|mut file| file.read(&mut name));
        matches!(read, Ok(length) if name[..length] == *b"tsc\n")
    }
}
