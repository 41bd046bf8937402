//! Attaching, detaching, listing and failing handlers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use telemetry::Policy;

telemetry::events! {
    event app.taken { measurements { n: u32 } }
    event app.again { measurements { n: u32 } }
    event app.itself;
    event app.panics { measurements { n: u32 } }
    event app.keeps;
    event app.thrice;
    event app.list.one;
    event app.list.two;
    event app.listed;
    event app.cycle;
}

#[test]
fn a_taken_id_changes_nothing() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let count = |by: u32| {
        move |_: &telemetry::Executed<'_, app::taken::__Schema>, (): &()| {
            CALLS.fetch_add(by, Ordering::SeqCst);
        }
    };
    telemetry::attach("taken", &app::taken, (), count(1)).unwrap();
    let error = telemetry::attach("taken", &app::taken, (), count(100)).unwrap_err();
    assert!(error.is_already_exists());
    assert!(error.to_string().contains("\"taken\""), "{error}");
    telemetry::execute!(app.taken, { n: 1 });
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
}

#[test]
fn unknown_ids_and_empty_lists_are_errors() {
    assert!(telemetry::detach("never-attached").unwrap_err().is_not_found());
    let error = telemetry::attach_many("no-events", &[], (), |_, ()| {}).unwrap_err();
    assert!(error.is_no_events());
}

#[test]
fn a_handler_may_attach_and_detach_while_it_runs() {
    static CALLS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    telemetry::attach("first", &app::itself, (), |_, ()| {
        CALLS.lock().unwrap().push("first");
        telemetry::detach("first").unwrap();
        telemetry::attach("second", &app::itself, (), |_, ()| CALLS.lock().unwrap().push("second"))
            .unwrap();
    })
    .unwrap();
    telemetry::execute!(app.itself);
    assert_eq!(*CALLS.lock().unwrap(), ["first"], "dispatch is over the list of its beginning");
    telemetry::execute!(app.itself);
    assert_eq!(*CALLS.lock().unwrap(), ["first", "second"]);
}

#[test]
fn a_failing_handler_is_detached_and_reported() {
    static FAILURES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static CALLS: AtomicU32 = AtomicU32::new(0);
    telemetry::install_panic_hook();
    telemetry::attach("failures", &telemetry::handler::failure, (), |event, ()| {
        let failure = event.metadata;
        if failure.handler_id == "panics" {
            FAILURES.lock().unwrap().push(format!(
                "{} {} {:?} {} {} {}",
                failure.event_name,
                failure.handler_id,
                failure.handler_config,
                failure.kind,
                failure.reason,
                failure.location.is_some(),
            ));
        }
    })
    .unwrap();
    telemetry::attach("panics", &app::panics, "its config", |event, _| {
        panic!("no {}", event.measurements.n)
    })
    .unwrap();
    telemetry::attach("unharmed", &app::panics, (), |_, ()| {
        CALLS.fetch_add(1, Ordering::SeqCst);
    })
    .unwrap();

    let before = telemetry::handlers_failed();
    telemetry::execute!(app.panics, { n: 7 });
    telemetry::execute!(app.panics, { n: 8 });
    assert_eq!(*FAILURES.lock().unwrap(), ["app.panics panics \"its config\" panic no 7 true"]);
    assert_eq!(CALLS.load(Ordering::SeqCst), 2, "the other handler is not harmed");
    assert!(telemetry::handlers_failed() > before);
    assert!(telemetry::detach("panics").unwrap_err().is_not_found());
}

#[test]
fn policies_keep_a_handler_or_give_it_so_many_panics() {
    static KEPT: AtomicU32 = AtomicU32::new(0);
    static THRICE: AtomicU32 = AtomicU32::new(0);
    telemetry::attach("kept", &app::keeps, (), |_, ()| {
        KEPT.fetch_add(1, Ordering::SeqCst);
        panic!("again");
    })
    .unwrap()
    .on_panic(Policy::Keep);
    telemetry::attach("thrice", &app::thrice, (), |_, ()| {
        THRICE.fetch_add(1, Ordering::SeqCst);
        panic!("again");
    })
    .unwrap()
    .on_panic(Policy::DetachAfter(3));
    for _ in 0..5 {
        telemetry::execute!(app.keeps);
        telemetry::execute!(app.thrice);
    }
    assert_eq!(KEPT.load(Ordering::SeqCst), 5);
    assert_eq!(THRICE.load(Ordering::SeqCst), 3);
    let kept = telemetry::handlers("app.keeps");
    assert_eq!(kept[0].failures, 5);
}

#[test]
fn handlers_are_listed_by_prefixes_of_whole_segments() {
    telemetry::attach("one", &app::list::one, 1, |_, _| {}).unwrap();
    telemetry::attach_many("both", &[&app::list::one, &app::list::two], 2, |_, _| {}).unwrap();
    telemetry::attach("listed", &app::listed, 3, |_, _| {}).unwrap();
    let ids = |prefix| -> Vec<String> {
        telemetry::handlers(prefix).into_iter().map(|handler| handler.id).collect()
    };
    assert_eq!(ids("app.list"), ["both", "one"]);
    assert_eq!(ids("app.list.two"), ["both"]);
    assert_eq!(ids("app.list.t"), [""; 0]);
    assert!(ids("").len() >= 3);
    let both = &telemetry::handlers("app.list.two")[0];
    assert_eq!(both.events, ["app.list.one", "app.list.two"]);
    assert_eq!(both.config, "2");
}

#[test]
fn attaching_and_detaching_races_with_executing() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for id in ["racer-1", "racer-2"] {
            scope.spawn(move || {
                for _ in 0..500 {
                    telemetry::attach(id, &app::cycle, vec![0_u8; 64], |_, config| {
                        assert_eq!(config.len(), 64);
                        CALLS.fetch_add(1, Ordering::Relaxed);
                    })
                    .unwrap();
                    telemetry::execute!(app.cycle);
                    telemetry::detach(id).unwrap();
                }
            });
        }
    });
    assert!(CALLS.load(Ordering::Relaxed) >= 1000);
    assert!(!app::cycle.has_handlers());
    assert_eq!(telemetry::handlers("app.cycle"), []);
}
