//! Events whose names are made at run time.

use std::sync::Mutex;

use telemetry::Event;

telemetry::events! {
    event y.declared;
}

#[test]
fn a_dynamic_event_is_attached_to_and_executed_like_any_other() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let event = Event::dynamic("plugin.jobs.done").unwrap();
    assert!(std::ptr::eq(event, Event::dynamic("plugin.jobs.done").unwrap()));
    event.execute_dynamic(&[("total", 1_u8.into())], &[]);

    telemetry::attach("dynamic-typed", event, (), |event, ()| {
        let total = event.measurements.iter().find(|(name, _)| name == "total").unwrap().1;
        SEEN.lock().unwrap().push(format!("{total:?} {:?}", event.metadata));
    })
    .unwrap();
    telemetry::attach_many("dynamic-by-name", &[event, &y::declared], (), |event, ()| {
        let line = format!("{} {:?} {:?}", event.name(), event.measurements(), event.metadata());
        SEEN.lock().unwrap().push(line);
    })
    .unwrap();
    event.execute_dynamic(
        &[("total", 3_u64.into()), ("ratio", 0.5_f64.into())],
        &[("queue", "mail".into()), ("late", true.into())],
    );
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            r#"Unsigned(3) [("queue", "mail"), ("late", true)]"#,
            r#"plugin.jobs.done {total: 3, ratio: 0.5} {queue: "mail", late: true}"#,
        ]
    );
    assert_eq!(telemetry::handlers("plugin.jobs").len(), 2);
}

#[test]
fn a_declared_name_and_bad_names_are_refused() {
    let error = Event::dynamic("y.declared").unwrap_err();
    assert!(error.is_declared(), "{error}");
    for name in ["", "a..b", "a\0b", &"x".repeat(300)] {
        let error = Event::dynamic(name).unwrap_err();
        assert!(error.is_invalid_name(), "{error}");
    }
}
