//! Naming the library links it.

use linkage_library as _;

fn main() {
    linkage_program::print_registry();
}
