//! The clock of the operating system: [`Instant`].

use std::sync::OnceLock;
use std::time::Instant;

/// Nanoseconds since the first reading in this process.
pub(super) fn nanos() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    // Read before: a child that is forked while another thread sets the origin would wait for that
    // thread in vain, so nothing that takes time stands in there.
    let now = Instant::now();
    super::nanos(now.duration_since(*ORIGIN.get_or_init(|| now)))
}
