//! Lists whose elements come from all crates of the program, without anybody naming them.
//!
//! `list!` declares one, and the macro `register!`, which expansions call in the user's crate, adds
//! an element. What gathers them is chosen here and nowhere else, by what this crate is built for:
//!
//! - **linkme**, on native targets: the elements are constants in a section of their own,
//!   which the linker joins. Costs nothing at start; may stand in the body of any function. Each
//!   linked file has a section of its own, so nothing is found across a dynamic library's border.
//! - **inventory**, with the feature `dynamic`, for programs whose crates are linked
//!   as a Rust `dylib`, and on wasm, where such sections cannot hold pointers: a constructor for each
//!   element runs before `main`, or when the library is opened. What holds for wasm is not tested: on
//!   `wasm32-unknown-unknown` the host must call `__wasm_call_ctors` once before anything else.
//!
//! linkme tells slices apart by name alone, in all crates of the program. So a list's name carries
//! the version of this crate that may break compatibility, and two such versions live side by side.
//! This is checked when the list is compiled.

#[cfg(any(feature = "dynamic", target_family = "wasm"))]
#[path = "constructed.rs"]
mod gathered;
#[cfg(not(any(feature = "dynamic", target_family = "wasm")))]
#[path = "linked.rs"]
mod gathered;

pub(crate) use self::gathered::list;

/// Whether lists also have the elements of other linked files: of dynamic libraries and the program.
#[doc(hidden)]
pub const SPANS_LINKED_FILES: bool = cfg!(any(feature = "dynamic", target_family = "wasm"));

/// Whether `name` ends with the version of this crate: `_V0_1` for 0.1.x, `_V1` for 1.x.
pub(crate) const fn names_this_version(name: &str) -> bool {
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    let unstable = matches!(major.as_bytes(), b"0");
    let suffix = if unstable {
        concat!("_V0_", env!("CARGO_PKG_VERSION_MINOR"))
    } else {
        concat!("_V", env!("CARGO_PKG_VERSION_MAJOR"))
    };
    ends_with(name.as_bytes(), suffix.as_bytes())
}

const fn ends_with(text: &[u8], end: &[u8]) -> bool {
    let Some(start) = text.len().checked_sub(end.len()) else { return false };
    let mut index = 0;
    while index < end.len() {
        if text[start + index] != end[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_of_another_version_is_told_from_one_of_this() {
        assert!(ends_with(b"__EVENTS_V0_1", b"_V0_1"));
        assert!(!ends_with(b"__EVENTS_V0_2", b"_V0_1"));
        assert!(!ends_with(b"__EVENTS_V0_1", b"_V0_11"));
        assert!(!ends_with(b"V1", b"_V1"));
        assert!(!names_this_version("__EVENTS"));
    }
}
