//! The functions of `tests/tests/shapes` in another edition than that of the tests.
#![cfg(test)]

#[path = "../../tests/shapes/arguments.rs"]
mod arguments;
#[path = "../../tests/shapes/attributes.rs"]
mod attributes;
#[path = "../../tests/shapes/bodies.rs"]
mod bodies;
#[path = "../../tests/shapes/futures.rs"]
mod futures;
#[path = "../../tests/shapes/lifetimes.rs"]
mod lifetimes;
#[path = "../../tests/shapes/methods.rs"]
mod methods;
mod older_names;
#[path = "../../tests/shapes/signatures.rs"]
mod signatures;
#[path = "../../tests/shapes/support.rs"]
mod support;
#[path = "../../tests/shapes/written.rs"]
mod written;
