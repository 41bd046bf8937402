//! What the store synchronises with: the standard library's own.
//!
//! It stands under a name of ours so that the models in `tests/loom`, which compile the same files,
//! can put loom's in its place. What is `static` stays the standard library's there too.

pub(super) use std::hint::spin_loop;
pub(super) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
