//! Other systems than Linux: nothing is known but what the standard library tells.

use std::time::Duration;

use super::counts::Counts;
use super::cpu::Cpu;
use super::io::Io;
use super::memory::Memory;
use super::threads::Thread;

pub(super) fn memory() -> Memory {
    Memory::default()
}

pub(super) fn counts() -> Counts {
    Counts::default()
}

pub(super) fn cpu() -> Cpu {
    // No machine has 2^32 processors.
    let available = std::thread::available_parallelism().ok();
    let available = available.and_then(|count| u32::try_from(count.get()).ok());
    Cpu { available: available.map(f64::from), ..Cpu::default() }
}

pub(super) fn io() -> Io {
    Io::default()
}

pub(super) fn threads() -> Option<Vec<Thread>> {
    None
}

pub(super) fn uptime() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_absent() {
        assert_eq!(memory(), Memory::default());
        assert_eq!(memory().rss, None);
        assert_eq!(counts().threads, None);
        assert_eq!(io().read, None);
        assert!(threads().is_none() && uptime().is_none());
        assert!(cpu().user.is_none() && cpu().available.is_some_and(|count| count >= 1.0));
    }
}
