//! Writes what the models run against: copies of the code, and mutants of it, each with one thing
//! changed that the proof rests on. `tests/` wants a model to fail for each of them.

mod reclaim;
mod store;

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build");
    let folder = env::var("OUT_DIR").unwrap();
    reclaim::write(Path::new(&folder));
    store::write(Path::new(&folder));
}
