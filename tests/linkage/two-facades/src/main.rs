//! Two versions of the facade that are not compatible, in one program.

mod one {
    telemetry_one::events! {
        crate = ::telemetry_one;
        event app.first.done { measurements { total: u64 } }
    }
    telemetry_one::metrics! {
        crate = ::telemetry_one;
        sum(app.first.done.total);
    }
    pub fn work() {
        telemetry_one::execute!(app.first.done, { total: 1 });
    }
}

mod two {
    telemetry_two::events! {
        crate = ::telemetry_two;
        event app.second.done { measurements { total: u64 } }
    }
    telemetry_two::metrics! {
        crate = ::telemetry_two;
        sum(app.second.done.total);
    }
    pub fn work() {
        telemetry_two::execute!(app.second.done, { total: 2 });
    }
}

fn main() {
    let one = telemetry_one::vocabularies().flat_map(|vocabulary| vocabulary.events());
    one.for_each(|event| println!("one: event {}", event.name()));
    let one = telemetry_one::metric_groups().flat_map(|group| group.metrics());
    one.for_each(|metric| println!("one: metric {}", metric.name()));
    let two = telemetry_two::vocabularies().flat_map(|vocabulary| vocabulary.events());
    two.for_each(|event| println!("two: event {}", event.name()));
    let two = telemetry_two::metric_groups().flat_map(|group| group.metrics());
    two.for_each(|metric| println!("two: metric {}", metric.name()));

    telemetry_one::attach("one", &one::app::first::done, (), |event, ()| {
        println!("one heard {}", event.measurements.total);
    })
    .unwrap();
    telemetry_two::attach("two", &two::app::second::done, (), |event, ()| {
        println!("two heard {}", event.measurements.total);
    })
    .unwrap();
    one::work();
    two::work();
}
