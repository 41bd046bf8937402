//! What may stand in `events!`, and where `execute!` may be written.

use std::sync::Mutex;

mod declared {
    use std::borrow::Cow;
    use std::fmt;

    #[derive(Debug, Default)]
    pub(crate) struct Own {
        pub(crate) field: u8,
    }

    /// A type without `Debug` and `Display`.
    pub(crate) struct Silent;

    /// The standard library's `Error` is meant in `dyn Error`, whatever is in scope.
    #[allow(dead_code)]
    pub(crate) trait Error {}

    telemetry::events! {
        /// Every type that a measurement may have.
        event v.numbers {
            measurements {
                a: u8, b: u16, c: u32, d: u64, e: u128, f: usize,
                g: i8, h: i16, i: i32, j: i64, k: i128, l: isize,
                m: f32, n: f64, o: Duration, p: Option<u8>, q: Option<f64>, r: Option<Duration>,
            }
        }

        /// Many of the types that metadata may have.
        event v.anything {
            metadata {
                a: u8, b: bool, c: char, d: &str, e: String, f: Cow<'_, str>, g: &'static str,
                h: Option<&str>, i: Result<u8, &dyn Error>, j: &dyn Error, k: &dyn fmt::Debug,
                l: &Own, m: Own, n: Silent, o: (u8, &str), p: [u8; 2], q: &[u8], r: Vec<&str>,
                s: Box<dyn fmt::Display + Send>, t: fn(&str) -> usize, u: std::time::Duration,
            }
        }

        event v.r#type.r#match { measurements { r#loop: u8 } metadata { r#fn: &str, type: &str } }
        event v.async.await { measurements { in: u8 } }

        /// A name that others continue, at several depths.
        event v.deep { measurements { n: u8 } }
        event v.deep.er { measurements { n: u8 } }
        span v.deep.er.still { metadata { n: u8 } }
        event v.deep.er.still.more { measurements { n: u8 } }

        #[cfg(any())]
        event v.gone { measurements { n: u8 } }
        #[cfg(any())]
        span v.lost;
        #[cfg(all())]
        event v.here { measurements { n: u8 } }

        #[deprecated(note = "use v.here")]
        event v.old { measurements { n: u8 } }

        pub(crate) event v.visible.in_crate { measurements { n: u8 } }
        pub(super) span v.visible.above { metadata { n: u8 } }
        pub(in crate::declared) event v.visible.here { measurements { n: u8 } }

        event other_root.happened { measurements { n: u8 } }
    }

    pub(crate) fn execute_what_is_visible_here_only() {
        telemetry::execute!(v.visible.here, { n: 1 });
    }

    /// `std::error::Error` is used, so that the import is.
    pub(crate) fn source_of(error: &dyn std::error::Error) -> bool {
        error.source().is_some()
    }
}
use declared::v;

/// Vocabularies are imported and re-exported as other items are.
mod re_exported {
    pub(crate) use crate::declared::other_root as renamed;
    pub(crate) use telemetry_tests::vocabulary::elsewhere;
}
use re_exported::renamed;

/// Attaches a handler that keeps what it hears, by name.
fn record(id: &str, events: &[&'static telemetry::AnyEvent], seen: &'static Mutex<Vec<String>>) {
    telemetry::attach_many(id, events, (), |event, ()| {
        let line = format!("{} {:?} {:?}", event.name(), event.measurements(), event.metadata());
        seen.lock().unwrap().push(line);
    })
    .unwrap();
}

#[test]
fn every_number_is_a_measurement() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("numbers", &[&v::numbers], &SEEN);
    telemetry::execute!(v.numbers, {
        a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: -1, h: -2, i: -3, j: -4, k: -5, l: -6,
        m: 0.5, n: 1.5, o: std::time::Duration::from_nanos(7), p: None, q: Some(2.5), r: None,
    });
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "v.numbers {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: -1, h: -2, i: -3, j: -4, k: -5, l: -6, \
          m: 0.5, n: 1.5, o: 7ns, p: None, q: 2.5, r: None} {}"
        ]
    );
}

#[test]
fn anything_is_metadata_and_typed_handlers_get_it_as_it_is() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("anything", &[&v::anything], &SEEN);
    telemetry::attach("anything-typed", &v::anything, (), |event, ()| {
        let own: &declared::Own = event.metadata.l;
        let length = (event.metadata.t)("four");
        SEEN.lock().unwrap().push(format!("{} {length}", own.field));
    })
    .unwrap();
    let error = std::fmt::Error;
    let own = declared::Own { field: 9 };
    assert!(!declared::source_of(&error));
    telemetry::execute!(v.anything, {}, {
        a: 1, b: true, c: 'x', d: "d", e: "e".into(), f: "f".into(), g: "g", h: None,
        i: Err(&error), j: &error, k: &own, l: &own, m: declared::Own::default(),
        n: declared::Silent, o: (1, "o"), p: [1, 2], q: &[3], r: vec!["r"], s: Box::new("s"),
        t: str::len, u: std::time::Duration::from_secs(1),
    });
    let seen = SEEN.lock().unwrap();
    assert!(
        seen[0].starts_with(
            "v.anything {} {a: 1, b: true, c: \"x\", d: \"d\", e: \"e\", f: \"f\", g: \"g\", h: None, \
             i: Err(Error), j: \"an error occurred when formatting an argument\", k: Own { field: 9 }, \
             l: Own { field: 9 }, m: Own { field: 0 }, n: <"
        ),
        "{}",
        seen[0]
    );
    assert!(
        seen[0].contains("Silent>, o: (1, \"o\"), p: [1, 2], q: [3], r: [\"r\"], s: \"s\", t: 0x")
    );
    assert_eq!(seen[1], "9 4");
}

#[test]
fn keywords_are_names_with_and_without_the_raw_mark() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("keywords", &[&v::r#type::r#match, &v::r#async::r#await], &SEEN);
    telemetry::execute!(v.type.match, { loop: 1 }, { fn: "f", r#type: "t" });
    telemetry::execute!(v.r#async.r#await, { in: 2 });
    assert_eq!(
        *SEEN.lock().unwrap(),
        [r#"v.type.match {loop: 1} {fn: "f", type: "t"}"#, "v.async.await {in: 2} {}"]
    );
}

#[test]
fn names_that_continue_others_are_events_of_their_own() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("deep", &[&v::deep, &v::deep::er, &v::deep::er::still::more], &SEEN);
    telemetry::execute!(v.deep, { n: 1 });
    telemetry::execute!(v.deep.er, { n: 2 });
    telemetry::execute!(v.deep.er.still.more, { n: 3 });
    telemetry::start!(v.deep.er.still, { n: 4 }).stop();
    assert_eq!(
        *SEEN.lock().unwrap(),
        ["v.deep {n: 1} {}", "v.deep.er {n: 2} {}", "v.deep.er.still.more {n: 3} {}"]
    );
}

#[test]
fn entries_under_a_false_condition_do_not_exist() {
    let vocabulary = telemetry::vocabularies()
        .find(|vocabulary| vocabulary.module().ends_with("vocabulary::declared"))
        .unwrap();
    let names: Vec<_> = vocabulary.events().iter().map(|event| event.name()).collect();
    assert!(names.contains(&"v.here") && !names.contains(&"v.gone"), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("v.lost")), "{names:?}");
    let spans: Vec<_> = vocabulary.spans().iter().map(|span| span.name()).collect();
    assert_eq!(spans, ["v.deep.er.still", "v.visible.above"]);
}

#[test]
#[expect(deprecated, reason = "that is what is tested")]
fn deprecation_and_visibility_are_those_of_the_entry() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("visible", &[&v::old, &v::visible::in_crate, &v::visible::above::stop], &SEEN);
    telemetry::execute!(v.old, { n: 1 });
    telemetry::execute!(v.visible.in_crate, { n: 2 });
    telemetry::start!(v.visible.above, { n: 3 }).stop();
    declared::execute_what_is_visible_here_only();
    assert_eq!(SEEN.lock().unwrap().len(), 3);
}

#[test]
fn an_alias_and_a_re_export_keep_the_declared_name() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("aliases", &[&renamed::happened, &re_exported::elsewhere::happened], &SEEN);
    telemetry::execute!(renamed.happened, { n: 1 });
    telemetry::execute!(crate::re_exported::renamed.happened, { n: 2 });
    telemetry::execute!(re_exported::elsewhere.happened, { n: 3 }, { what: "it" });
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "other_root.happened {n: 1} {}",
            "other_root.happened {n: 2} {}",
            "elsewhere.happened {n: 3} {what: \"it\"}",
        ]
    );
}

mod places {
    telemetry::events! {
        event p.here { measurements { n: usize } metadata { who: &str } }
        event p.bare;
    }
}
use places::p;

fn in_const_generics<const N: usize>() {
    telemetry::execute!(p.here, { n: N }, { who: "const" });
}

async fn in_async(n: usize) -> usize {
    telemetry::execute!(p.here, { n: std::future::ready(n).await }, { who: "async" });
    n
}

fn with_question_mark(text: &str) -> Result<(), std::num::ParseIntError> {
    telemetry::execute!(p.here, { n: text.parse()? }, { who: "question" });
    Ok(())
}

macro_rules! by_macro {
    ($($event:ident).+, $n:expr, $who:literal) => {
        telemetry::execute!($($event).+, { n: $n }, { who: $who })
    };
}

struct Generic<T>(T);

impl<T: AsRef<str>> Generic<T> {
    fn execute(&self) {
        telemetry::execute!(p.here, { n: 4 }, { who: self.0.as_ref() });
    }
}

#[test]
fn events_are_executed_wherever_an_expression_stands() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("places", &[&p::here, &p::bare], &SEEN);

    in_const_generics::<1>();
    let mut future = std::pin::pin!(in_async(2));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_ready());
    assert!(with_question_mark("x").is_err());
    with_question_mark("3").unwrap();
    Generic("generic").execute();
    by_macro!(p.here, 5, "macro");
    let closure = |n: usize| telemetry::execute!(p.here, { n }, { who: "closure" },);
    closure(6);
    let n = 7;
    let who = "shorthand";
    match n {
        7 => telemetry::execute!(p.here, { n, }, { who, }),
        8 => telemetry::execute!(p.bare),
        _ => {}
    }
    telemetry::execute!(p.bare, {}, {},);
    telemetry::execute!(p.bare, {});
    {
        // where the name is imported does not matter
        use places::p as local;
        telemetry::execute!(local.bare);
    }
    let numbers: Vec<usize> = SEEN
        .lock()
        .unwrap()
        .iter()
        .filter_map(|line| line.split("n: ").nth(1)?.split('}').next()?.parse().ok())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(SEEN.lock().unwrap().len(), 10);
}
