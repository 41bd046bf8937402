//! Handlers that are declared with `#[handler]`.

use std::sync::atomic::{AtomicU32, Ordering};

use telemetry::{Execution, Policy};
use telemetry_runtime::Telemetry;

mod events {
    telemetry::events! {
        event d.query { measurements { rows: u64 } metadata { query: &str } }
        event d.opened;
        span d.work { metadata { id: u32 } }
    }
}
use events::d;

static ROWS: AtomicU32 = AtomicU32::new(0);
static HEARD: AtomicU32 = AtomicU32::new(0);

/// Typed.
#[telemetry::handler(d.query, id = "count-rows")]
fn count_rows(event: &d::query::Executed<'_>) {
    ROWS.fetch_add(u32::try_from(event.measurements.rows).unwrap(), Ordering::SeqCst);
}

/// By name, several events, without an id.
#[telemetry::handler(d.query, d.opened, d.work.stop, on_panic = Policy::Keep)]
fn hear(event: &Execution<'_>) {
    assert!(!event.name().is_empty());
    HEARD.fetch_add(1, Ordering::SeqCst);
    assert_ne!(event.name(), "d.opened", "kept all the same");
}

/// One event, by name.
#[telemetry::handler(d.work.start)]
fn started(event: &Execution<'_>) {
    assert_eq!(event.metadata().get("id").unwrap().to_string(), "7");
    HEARD.fetch_add(100, Ordering::SeqCst);
}

fn execute_all() {
    telemetry::execute!(d.query, { rows: 3 }, { query: "select" });
    telemetry::execute!(d.opened);
    telemetry::start!(d.work, { id: 7 }).stop();
}

/// One test: what is attached is attached for the whole process.
#[test]
fn declared_handlers_are_attached_once_by_the_runtime_or_by_hand() {
    execute_all();
    assert_eq!(HEARD.load(Ordering::SeqCst), 0, "nothing is attached before somebody says so");

    let runtime = Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap();
    execute_all();
    assert_eq!(ROWS.load(Ordering::SeqCst), 3);
    assert_eq!(HEARD.load(Ordering::SeqCst), 103);

    assert_eq!(telemetry::attach_declared().unwrap(), 0, "all are attached already");
    drop(runtime);
    execute_all();
    assert_eq!(ROWS.load(Ordering::SeqCst), 6, "they outlive the runtime, as other handlers do");

    telemetry::detach("count-rows").unwrap();
    assert_eq!(telemetry::attach_declared().unwrap(), 1, "what was detached can return");

    let ids: Vec<String> = telemetry::handlers("d").into_iter().map(|handler| handler.id).collect();
    assert_eq!(ids, ["count-rows", "declared::hear", "declared::started"]);
    let places: Vec<_> =
        telemetry::declared_handlers().map(|handler| handler.location().file()).collect();
    assert!(places.iter().all(|file| file.ends_with("declared.rs")), "{places:?}");

    telemetry::detach("count-rows").unwrap();
    telemetry::attach("count-rows", &d::opened, (), |_, ()| {}).unwrap();
    let error = telemetry::attach_declared().unwrap_err();
    assert!(error.is_already_exists(), "the id is another's now: {error}");
}
