//! A program whose panics abort: everything works but the isolation of handlers.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};

telemetry::events! {
    event app.placed { measurements { n: u32 } }
    event app.panics;
    span app.worked;
}

static CALLS: AtomicU32 = AtomicU32::new(0);

#[telemetry::span(app.worked)]
fn work() -> Result<u32, String> {
    telemetry::execute!(app.placed, { n: 1 });
    Ok(7)
}

fn main() {
    telemetry::install_panic_hook();
    telemetry::attach_many(
        "count",
        &[&app::placed, &app::worked::start, &app::worked::stop, &app::panics],
        (),
        |_, ()| {
            CALLS.fetch_add(1, Ordering::Relaxed);
        },
    )
    .unwrap();
    work().unwrap();
    telemetry::execute!(app.placed, { n: 2 });
    println!("{} calls", CALLS.load(Ordering::Relaxed));

    if env::args().nth(1).as_deref() == Some("panic") {
        telemetry::attach("panics", &app::panics, (), |_, ()| panic!("on purpose")).unwrap();
        telemetry::execute!(app.panics);
        println!("survived");
    }
    telemetry::detach("count").unwrap();
    telemetry::execute!(app.placed, { n: 3 });
    println!("{} calls at the end", CALLS.load(Ordering::Relaxed));
}
