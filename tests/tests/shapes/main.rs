//! Functions that have broken other attribute macros: all of them are spans here.
//!
//! The list of what breaks them is in `list`, with the tests of each entry.
//! Every function is compiled under `#[span]`, called while nobody listens and while somebody does,
//! and must behave as without the attribute.
#![allow(
    clippy::elidable_lifetime_names,
    clippy::many_single_char_names,
    clippy::multiple_bound_locations,
    clippy::needless_lifetimes,
    clippy::needless_pass_by_ref_mut,
    clippy::needless_pass_by_value,
    clippy::never_loop,
    clippy::non_minimal_cfg,
    clippy::semicolon_if_nothing_returned,
    clippy::trivially_copy_pass_by_ref,
    clippy::type_complexity,
    clippy::unused_async,
    clippy::unused_self,
    clippy::unused_unit,
    clippy::used_underscore_binding,
    clippy::used_underscore_items,
    clippy::useless_conversion,
    reason = "the shapes themselves are odd; that is what is tested"
)]
#![expect(unsafe_code, reason = "unsafe functions are among the shapes")]
#![deny(dead_code, unused_variables, unused_mut, unused_must_use, unused_braces, unreachable_code)]

mod arguments;
mod attributes;
mod bodies;
mod edition_2024;
mod futures;
mod lifetimes;
mod list;
mod methods;
mod signatures;
mod support;
mod written;
