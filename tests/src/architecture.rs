//! What `tests/architecture.rs` checks with: who may use whom, how long a file may be, what a
//! manifest must say. The rules themselves stand in that test.

pub mod edges;
pub mod files;
pub mod manifests;
pub mod modules;
