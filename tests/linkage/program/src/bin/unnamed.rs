//! The library stands in Cargo.toml, and in no line of code.

fn main() {
    linkage_program::print_registry();
}
