//! What an allocator tells.

/// What an allocator tells of the heap, in bytes; what it does not tell is `None`.
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
