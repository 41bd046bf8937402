//! What an allocator tells.

/// What an allocator tells of the heap, in bytes; what it does not tell is `None`.
///
/// With the feature `jemalloc` and that allocator, this is `.heap(Heap::jemalloc)`.
///
/// The system's allocator tells nothing that is true of all threads, so the application says where
/// to ask, [`Builder::heap`](crate::Builder::heap):
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use telemetry_runtime::{Heap, Telemetry};
///
/// /// Kept by the application's `#[global_allocator]`.
/// static ALLOCATED: AtomicU64 = AtomicU64::new(0);
///
/// let builder = Telemetry::builder().heap(|| Heap {
///     allocated: Some(ALLOCATED.load(Ordering::Relaxed)),
///     resident: None,
/// });
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heap {
    /// What the program has allocated and not freed.
    pub allocated: Option<u64>,
    /// What the allocator has in RAM for it.
    pub resident: Option<u64>,
}

#[cfg(feature = "jemalloc")]
impl Heap {
    /// What jemalloc tells, for [`Builder::heap`](crate::Builder::heap). Absent where it is linked and
    /// not what the program allocates with. Takes some microseconds.
    pub fn jemalloc() -> Self {
        use tikv_jemalloc_ctl::{epoch, stats};

        // The figures are those of the last advance.
        if !allocates_with_jemalloc() || epoch::advance().is_err() {
            return Self::default();
        }
        let bytes = |read: Result<usize, tikv_jemalloc_ctl::Error>| Some(read.ok()? as u64);
        Self {
            allocated: bytes(stats::allocated::read()),
            resident: bytes(stats::resident::read()),
        }
    }
}

/// Whether jemalloc notices that this thread allocates.
#[cfg(feature = "jemalloc")]
fn allocates_with_jemalloc() -> bool {
    let Ok(allocated) = tikv_jemalloc_ctl::thread::allocatedp::read() else { return false };
    let before = allocated.get();
    drop(std::hint::black_box(Box::new(0_u64)));
    allocated.get() > before
}
