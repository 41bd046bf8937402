//! A program of which all crates but its own come from one dynamic library.

use std::ffi::{CString, c_char, c_int, c_void};

use linkage_bundle as _;
use telemetry_runtime::Telemetry;

telemetry::events! { event bundled.work.done { measurements { total: u64 } } }
telemetry::metrics! { sum(bundled.work.done.total); }

unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
}
const RTLD_NOW: c_int = 2;

fn main() {
    let telemetry = match Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start() {
        Ok(telemetry) => telemetry,
        Err(error) => return println!("registry={} {error}", error.is_registry()),
    };
    linkage_program::print_registry();
    telemetry::execute!(bundled.work.done, { total: 3 });
    let snapshot = telemetry.snapshots().take();
    println!("{:?}", snapshot.metric("bundled.work.done.total").unwrap().value(&[]));

    if let Some(plugin) = std::env::args().nth(1) {
        let file = CString::new(plugin).unwrap();
        // SAFETY: a library that was built with this program, whose constructors register elements.
        let library = unsafe { dlopen(file.as_ptr(), RTLD_NOW) };
        assert!(!library.is_null(), "the plugin cannot be opened");
        println!("after the plugin");
        linkage_program::print_registry();
    }
}
