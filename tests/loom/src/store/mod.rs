//! The runtime's store with loom's types in place of the standard library's, the models that run
//! against it, and mutants of it that the models must refuse.
//!
//! The events and their recorder are the ordinary ones: what loom sees begins where an execution
//! reaches the store.

pub mod models;
pub mod mutation;
mod recorder;
mod sync;

use std::collections::BTreeMap;

/// What the models use of one copy of the store.
pub trait Modelled: Send + Sync + Sized + 'static {
    /// A store of the metrics whose names begin so, which is fed from now on.
    fn open(metrics: &str) -> Self;
    fn snapshot(&self) -> Seen;
    /// Forgets the series with this one tag.
    fn retire(&self, metric: &str, tag: &str);
}

/// What a snapshot shows, by the metric's name and the tags.
pub type Seen = BTreeMap<String, Value>;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    Integer(i128),
    Float(f64),
}

#[allow(dead_code, unused, unreachable_pub, clippy::pedantic)]
mod copies {
    include!(concat!(env!("OUT_DIR"), "/store/store.rs"));
}

pub use copies::MUTANTS;
use copies::{genuine, mutable};

/// A model, for the store as it is and for the copy with the mutants.
pub struct Model {
    pub name: &'static str,
    pub genuine: fn(),
    pub mutable: fn(),
}

macro_rules! models {
    ($($model:ident)*) => {
        pub const MODELS: &[Model] = &[$(Model {
            name: stringify!($model),
            genuine: models::$model::<genuine::Opened>,
            mutable: models::$model::<mutable::Opened>,
        },)*];
    };
}
models! { registration growth carry last_value hand_over sweep told renumbering }
