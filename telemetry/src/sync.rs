//! What [`reclaim`](crate::reclaim) synchronises with: the standard library's own.
//!
//! It stands under a name of ours so that the models in `tests/loom`, which compile the same
//! `reclaim.rs`, can put loom's in its place.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering, fence};
pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
pub(crate) use std::thread_local;
