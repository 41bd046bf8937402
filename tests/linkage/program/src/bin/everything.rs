//! Declares wherever a declaration may stand, and hears what the library executes.

#![forbid(unsafe_code)]

mod private {
    mod deeper {
        telemetry::events! { event program.module.done { measurements { total: u64 } } }
    }
}

/// Never called: its declarations are items all the same.
#[allow(dead_code)]
fn never_called() {
    telemetry::events! { event program.body.done { measurements { total: u64 } } }
    telemetry::metrics! { sum(program.body.done.total); }
    telemetry::execute!(program.body.done, { total: 1 });
}

fn generic<T: Default>() -> T {
    telemetry::events! { event program.generic.done { measurements { total: u64 } } }
    telemetry::metrics! { sum(program.generic.done.total); }
    telemetry::execute!(program.generic.done, { total: 1 });
    T::default()
}

fn main() {
    let _: (u8, String) = (generic(), generic());
    linkage_program::print_registry();
    let all: Vec<_> = telemetry::vocabularies()
        .flat_map(telemetry::Vocabulary::events)
        .copied()
        .collect();
    telemetry::attach_many("print", &all, (), |event, ()| {
        println!("heard {}", event.name());
    })
    .unwrap();
    linkage_library::work();
    let _: u8 = generic();
}
