//! The admin listener: one address for everything that operators ask for.
//!
//! Services are mounted at a path and answer it and all below; the longest path wins. A service is a
//! `tower_service::Service` over `http` types, so that axum routers, tower stacks and plain functions
//! fit. It runs on the runtime's thread and must not block.

pub(crate) mod accept;
mod bind;
mod body;
mod listener;
mod mounts;
mod requests;

pub(crate) use self::bind::BIND;
#[cfg(fuzzing)]
pub(crate) use self::bind::Bind;
pub use self::body::Body;
pub(crate) use self::listener::Listener;
pub use self::mounts::{Answer, MountService, Mounts};
