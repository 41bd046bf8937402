//! This toolkit, through what every application has: a vocabulary, metrics over it, a runtime.

mod rows;
mod runtime;
mod series;
mod vocabulary;

pub use rows::*;
pub use runtime::Running;
pub use series::{counter_series, distribution_series};
