//! Attaching what the program declares.

// linkme's `#[link_section]`.
#![allow(unsafe_code)]

use crate::attach::DeclaredHandler;
use crate::distributed::list;
use crate::error::Error;

list! {
    /// One element for each `#[telemetry::handler]`.
    __TELEMETRY_HANDLERS_V0_1: &'static DeclaredHandler, gathered_handlers
}

/// The handlers that all crates of this program declare with `#[telemetry::handler]`.
pub fn declared_handlers() -> impl Iterator<Item = &'static DeclaredHandler> {
    gathered_handlers()
}

/// Attaches all handlers that the program declares with `#[telemetry::handler]` and that are not
/// attached; how many there were. The runtime calls this when it starts.
///
/// # Errors
/// [`Error::is_already_exists`] when an id is taken by another handler. The others are attached.
pub fn attach_declared() -> Result<usize, Error> {
    let mut count = 0;
    let mut failure = None;
    for handler in declared_handlers() {
        match handler.attach() {
            Ok(new) => count += usize::from(new),
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(count), Err)
}
