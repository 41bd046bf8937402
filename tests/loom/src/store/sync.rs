//! loom's types under the names that the store imports. Each memory ordering that is stronger than
//! `Relaxed` is noted with its place, and that of one place can be weakened: see [`super::mutation`].

use std::panic::Location;

use super::mutation::ordering_at;

pub(super) use loom::hint::spin_loop;
pub(super) use loom::sync::{Mutex, MutexGuard};
pub(super) use std::sync::atomic::Ordering;
// What is counted by them is never looked at while others may still use it.
pub(super) use std::sync::{Arc, PoisonError};

macro_rules! atomics {
    ($($name:ident of $value:ty;)+) => {$(
        #[derive(Debug)]
        pub(super) struct $name(loom::sync::atomic::$name);

        impl Default for $name {
            fn default() -> Self {
                Self::new(0)
            }
        }

        #[allow(dead_code, reason = "each has what one of them needs")]
        impl $name {
            #[track_caller]
            pub(super) fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            #[track_caller]
            pub(super) fn load(&self, ordering: Ordering) -> $value {
                self.0.load(ordering_at(Location::caller(), ordering))
            }

            #[track_caller]
            pub(super) fn store(&self, value: $value, ordering: Ordering) {
                self.0.store(value, ordering_at(Location::caller(), ordering));
            }

            #[track_caller]
            pub(super) fn fetch_add(&self, value: $value, ordering: Ordering) -> $value {
                self.0.fetch_add(value, ordering_at(Location::caller(), ordering))
            }

            #[track_caller]
            pub(super) fn fetch_sub(&self, value: $value, ordering: Ordering) -> $value {
                self.0.fetch_sub(value, ordering_at(Location::caller(), ordering))
            }

            #[track_caller]
            pub(super) fn fetch_update(
                &self,
                success: Ordering,
                failure: Ordering,
                update: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let [success, failure] =
                    [success, failure].map(|ordering| ordering_at(Location::caller(), ordering));
                self.0.fetch_update(success, failure, update)
            }
        }
    )+};
}

atomics! {
    AtomicU64 of u64;
    AtomicUsize of usize;
}
