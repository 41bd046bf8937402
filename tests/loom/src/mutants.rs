//! The copies with one thing weakened, written by `build.rs`.

#![allow(dead_code, unused_imports, unused_variables, clippy::pedantic)]

use crate::models;
use crate::tracked::Tracked;

/// A copy of the code that is wrong, and the model that says so.
pub struct Mutant {
    pub name: &'static str,
    pub model: fn(),
}

include!(concat!(env!("OUT_DIR"), "/mutants.rs"));
