//! The facade's `reclaim.rs` and the runtime's [`store`] with loom's types in place of the standard
//! library's, the models that run against them, and mutants of them that the models must refuse.
//!
//! loom tries every order of the threads' steps, and every value that a load may return.

#[allow(dead_code)]
#[path = "../../../telemetry-runtime/src/definitions.rs"]
mod definitions;
#[allow(dead_code)]
#[path = "../../../telemetry-runtime/src/error.rs"]
mod error;
pub mod models;
pub mod mutants;
#[allow(dead_code)]
#[path = "../../../telemetry-runtime/src/names.rs"]
mod names;
#[allow(dead_code)]
#[path = "../../../telemetry/src/reclaim.rs"]
mod reclaim;
pub mod store;
pub mod sync;
pub mod tracked;

use self::tracked::Tracked;

/// What the models use of one copy of `reclaim.rs`.
pub trait Reclaim: Send + Sync + Sized + 'static {
    fn empty() -> Self;
    fn read<R>(&self, read: impl FnOnce(Option<&Tracked>) -> R) -> R;
    fn replace(&self, value: Option<Tracked>);
    fn collect();
}

/// Implements [`Reclaim`] with the items of the module where it stands.
#[macro_export]
macro_rules! implement {
    ($published:ident) => {
        impl $crate::Reclaim for $published<$crate::tracked::Tracked> {
            fn empty() -> Self {
                Self::empty()
            }
            fn read<R>(&self, read: impl FnOnce(Option<&$crate::tracked::Tracked>) -> R) -> R {
                self.read(read)
            }
            fn replace(&self, value: Option<$crate::tracked::Tracked>) {
                self.replace(value.map(Box::new));
            }
            fn collect() {
                collect();
            }
        }
    };
}

/// The code as it is in the facade.
pub mod genuine {
    pub(crate) use crate::reclaim::Published;
    use crate::reclaim::collect;

    crate::implement!(Published);

    macro_rules! models {
        ($($model:ident)*) => {
            $(pub fn $model() {
                crate::models::$model::<Published<crate::Tracked>>();
            })*
        };
    }
    models! {
        read_against_replacement
        read_against_two_replacements
        read_by_a_known_thread
        replacement_while_another_collects
        record_handed_over
        nested_reads
        replacement_within_a_read
        read_after_the_record_is_gone
        read_before_the_record_is_gone
        everybody_collects
        replacements_by_two_threads
        told_of_a_value
    }
}
