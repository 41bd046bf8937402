//! Declaring and executing events.

use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

mod declared {
    /// A type of the user's, used by its plain name below.
    #[derive(Debug, PartialEq)]
    pub(crate) struct Basket(pub(crate) Vec<&'static str>);

    telemetry::events! {
        /// An order was placed.
        event my_app.orders.placed {
            measurements { amount_cents: u64, item_count: u32 }
            metadata     { order_id: u64, user_id: u64 }
        }

        /// One query against the repository.
        event my_app.repo.query {
            measurements { total_time: Duration, queue_time: Option<Duration>, rows: u64 }
            metadata     { query: &str, source: &str, result: Result<(), &dyn Error> }
        }

        event my_app.cart.emptied { metadata { basket: &Basket, note: Option<&str>, r#type: String } }

        /// A name that another one continues.
        event my_app.cart { measurements { items: u8 } }

        event my_app.ping;

        pub(crate) event internal.state.changed { measurements { value: i8 } }
    }
}
use declared::{Basket, internal, my_app};

#[test]
fn fields_are_not_evaluated_unless_something_listens() {
    static EVALUATED: AtomicU32 = AtomicU32::new(0);
    let count = || EVALUATED.fetch_add(1, Ordering::SeqCst);

    telemetry::execute!(my_app.orders.placed, { amount_cents: 1, item_count: count() }, { order_id: 1, user_id: 1 });
    assert_eq!(EVALUATED.load(Ordering::SeqCst), 0);

    telemetry::attach("evaluation", &my_app::orders::placed, (), |_, ()| {}).unwrap();
    telemetry::execute!(my_app.orders.placed, { amount_cents: 1, item_count: count() }, { order_id: 1, user_id: 1 });
    assert_eq!(EVALUATED.load(Ordering::SeqCst), 1);
}

#[test]
fn handlers_see_every_field_with_its_type() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    telemetry::attach("typed", &my_app::repo::query, "config", |event, config| {
        let failed = event.metadata.result.is_err();
        let queued: Option<Duration> = event.measurements.queue_time;
        SEEN.lock().unwrap().push(format!(
            "{config} {} {:?} {queued:?} {failed}",
            event.metadata.query, event.measurements.total_time
        ));
    })
    .unwrap();

    let query = String::from("select 1");
    let result: Result<u8, std::fmt::Error> = Err(std::fmt::Error);
    telemetry::execute!(
        my_app.repo.query,
        { total_time: Duration::from_millis(5), queue_time: None, rows: 3, },
        { query: &query, source: "test", result: result.as_ref().map(|_| ()).map_err(|e| e as &dyn Error) },
    );
    assert_eq!(*SEEN.lock().unwrap(), ["config select 1 5ms None true"]);
}

#[test]
fn by_name_views_show_all_fields_in_the_declared_order() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    telemetry::attach_many(
        "by-name",
        &[&my_app::cart::emptied, &my_app::ping, &my_app::cart, &my_app::cart],
        (),
        |event, ()| {
            let line =
                format!("{} {:?} {:?}", event.name(), event.measurements(), event.metadata());
            SEEN.lock().unwrap().push(line);
        },
    )
    .unwrap();

    let basket = Basket(vec!["pear"]);
    telemetry::execute!(my_app.cart.emptied, {}, { basket: &basket, note: Some("late"), type: "a".into() });
    telemetry::execute!(my_app.ping);
    telemetry::execute!(my_app.cart, { items: 2 });
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            r#"my_app.cart.emptied {} {basket: Basket(["pear"]), note: "late", type: "a"}"#,
            "my_app.ping {} {}",
            "my_app.cart {items: 2} {}",
        ]
    );
}

#[test]
fn a_field_is_found_by_its_name() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    telemetry::attach("found", &internal::state::changed, (), |event, ()| {
        let measurements = event.execution().measurements();
        let line = format!("{:?} {:?}", measurements.get("value"), measurements.get("other"));
        SEEN.lock().unwrap().push(line);
    })
    .unwrap();
    telemetry::execute!(declared::internal.state.changed, { value: -1 });
    assert_eq!(*SEEN.lock().unwrap(), ["Some(-1) None"]);
}

#[test]
fn names_of_a_vocabulary_are_found_at_run_time() {
    let vocabulary = telemetry::vocabularies()
        .find(|vocabulary| vocabulary.module().ends_with("events::declared"))
        .expect("registered by the linker");
    let names: Vec<_> = vocabulary.events().iter().map(|event| event.name()).collect();
    assert_eq!(vocabulary.crate_name(), "telemetry-tests");
    assert!(names.contains(&"my_app.orders.placed"), "{names:?}");
    let placed = vocabulary.events().iter().find(|e| e.name() == "my_app.orders.placed").unwrap();
    assert_eq!(placed.description(), "An order was placed.");
    assert_eq!(placed.measurements()[0].type_name, "u64");
    assert!(placed.location().file().ends_with("events.rs"));
}
