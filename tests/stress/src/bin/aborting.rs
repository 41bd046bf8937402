//! A program whose panics abort: everything works but the isolation of handlers.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};

telemetry::events! {
    event app.placed { measurements { n: u32 } }
    event app.panics;
    span app.worked;
    span app.ended;
}

static CALLS: AtomicU32 = AtomicU32::new(0);

#[telemetry::span(app.worked)]
fn work() -> Result<u32, String> {
    telemetry::execute!(app.placed, { n: 1 });
    Ok(7)
}

#[telemetry::span(app.ended)]
fn ends(how: &str) -> Result<(), &'static str> {
    match how {
        "panic" => panic!("within a span"),
        "err" => Err("failed"),
        _ => Ok(()),
    }
}

/// Shows how a span ends. A panic does not: the program is over when it begins.
fn show_ends(how: &str) {
    telemetry::attach_many("ends", &app::ended.any().events(), (), |event, ()| {
        let kind = event.metadata().get("kind").map_or(String::new(), |kind| format!(" {kind}"));
        println!("{}{kind}", event.name());
    })
    .unwrap();
    _ = ends("ok");
    _ = ends("err");
    drop(telemetry::start!(app.ended));
    _ = ends(how);
}

fn main() {
    telemetry::install_panic_hook();
    if let Some(how) = env::args().nth(2) {
        return show_ends(&how);
    }
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
