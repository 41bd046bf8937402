//! Opens a plugin that has its own copy of everything.

use std::ffi::{CString, c_char, c_int, c_void};

use linkage_library as _;

telemetry::events! { event host.work.done { measurements { total: u64 } } }

unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
}
const RTLD_NOW: c_int = 2;

fn main() {
    telemetry::attach_many("host", &[&host::work::done], (), |event, ()| {
        println!("heard {:?}", event.measurements());
    })
    .unwrap();
    telemetry::execute!(host.work.done, { total: 2 });

    let file = CString::new(std::env::args().nth(1).unwrap()).unwrap();
    // SAFETY: a library that was built with this program.
    let library = unsafe { dlopen(file.as_ptr(), RTLD_NOW) };
    assert!(!library.is_null(), "the plugin cannot be opened");
    // SAFETY: the library is open.
    let symbol = unsafe { dlsym(library, c"plugin_work".as_ptr()) };
    assert!(!symbol.is_null(), "the plugin has no such function");
    // SAFETY: that is what the plugin exports under this name.
    let work: extern "C" fn() -> usize = unsafe { std::mem::transmute(symbol) };
    println!("the plugin knows {} event", work());
    linkage_program::print_registry();
}
