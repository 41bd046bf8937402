//! Two versions of one library in one program, and another library that is in Cargo.toml only.

use telemetry::{attach, attach_many};
use telemetry_runtime::Telemetry;
use twin_one::twin;

telemetry::metrics! {
    // read by name where the types are the other version's
    sum(twin.work.done.total, name = by_name.total, tags = [kind, place = "here"]);
    // its closure is typed
    sum(twin.work.done.total, name = typed.total, keep = |m| !m.kind.is_empty());
}

fn main() {
    let missing = Telemetry::builder().expect_crate("linkage-library").start().unwrap_err();
    println!("missing={} {missing}", missing.is_missing_crate());

    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .log(|line| println!("{line}"))
        .expect_crate("linkage-twin")
        .start()
        .unwrap();
    attach_many("by-name-one", &[&twin_one::twin::work::done], (), |event, ()| {
        println!("by-name-one {:?}", event.measurements());
    })
    .unwrap();
    attach_many("by-name-two", &[&twin_two::twin::work::done], (), |event, ()| {
        println!("by-name-two {:?}", event.measurements());
    })
    .unwrap();
    attach("typed-one", &twin_one::twin::work::done, (), |event, ()| {
        println!("typed-one {}", event.measurements.total);
    })
    .unwrap();
    attach("typed-two", &twin_two::twin::work::done, (), |event, ()| {
        println!("typed-two {}", event.measurements.total);
    })
    .unwrap();

    twin_one::work("a");
    twin_two::work("a");
    for metric in telemetry.snapshots().take().metrics() {
        for series in metric.series() {
            println!("{} {:?} {:?}", metric.metric().name(), series.tags(), series.value());
        }
    }
    for handler in telemetry::handlers("twin") {
        println!("{}: {:?}", handler.id, handler.events);
    }
}
