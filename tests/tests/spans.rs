//! Spans: the attribute, the guard, and every way in which they end.

use std::error::Error;
use std::fmt;
use std::future::Future as _;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Waker};

use telemetry::SpanContext;
use telemetry_tests::futures::{block_on, pause};

telemetry::events! {
    span app.ok { metadata { id: u64 } stop { measurements { length: u64 } metadata { text: &str } } }
    span app.fails { metadata { name: String } }
    span app.panics;
    span app.cancelled { metadata { name: &str } }
    span app.normal { stop { metadata { failed: bool } } }
    span app.guard { metadata { id: u32 } stop { measurements { n: u32 } } }
    span app.plain;
    span app.outer;
    span app.deep.outer;
    span app.deep.inner;
    span app.inner;
    span app.silent { metadata { id: u32 } }
    span app.alias;
    span app.generic;
    span app.methods { metadata { id: u32 } }
}

/// Keeps what the events of one span said, phase and metadata.
fn record(id: &str, events: [&'static telemetry::AnyEvent; 3], seen: &'static Mutex<Vec<String>>) {
    telemetry::attach_many(id, &events, (), |event, ()| {
        let phase = event.name().rsplit('.').next().unwrap();
        let mut fields: Vec<String> = vec![phase.to_owned()];
        let own =
            ["monotonic_time", "system_time", "duration", "span_context", "backtrace", "location"];
        for (name, value) in event.measurements().iter().chain(event.metadata().iter()) {
            if !own.contains(&name) && !value.is_absent() {
                fields.push(format!("{name}={value}"));
            }
        }
        seen.lock().unwrap().push(fields.join(" "));
    })
    .unwrap();
}

#[derive(Debug)]
struct Failed(&'static str);
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed: {}", self.0)
    }
}
impl Error for Failed {}

#[telemetry::span(app.ok, id = id.parse().unwrap_or(0), stop(|text| length = text.len() as u64, text))]
fn ok(id: &str, suffix: &str) -> Result<String, Failed> {
    let number: u64 = id.parse().map_err(|_| Failed("no number"))?;
    if number == 0 {
        return Err(Failed("zero"));
    }
    Ok(format!("{id}{suffix}"))
}

#[test]
fn a_value_stops_the_span_and_an_error_is_an_exception() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    assert_eq!(ok("7", "!").unwrap(), "7!", "nobody listens");
    record("ok", app::ok.any().events(), &SEEN);
    assert_eq!(ok("7", "!").unwrap(), "7!");
    assert!(ok("x", "").is_err());
    assert!(ok("0", "").is_err());
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "start id=7",
            "stop length=2 id=7 text=7! result=ok",
            "start id=0",
            "exception id=0 kind=error reason=failed: no number",
            "start id=0",
            "exception id=0 kind=error reason=failed: zero",
        ]
    );
}

#[telemetry::span(app.fails, name = name.to_owned())]
async fn fails(
    name: &str,
    (first, second): (u32, u32),
) -> Result<u32, Box<dyn Error + Send + Sync>> {
    pause().await;
    let number: u32 = name.parse()?;
    Ok(number + first + second)
}

#[test]
fn an_async_function_is_timed_to_its_completion() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("fails", app::fails.any().events(), &SEEN);
    assert_eq!(block_on(fails("1", (2, 3))).unwrap(), 6);
    let error = block_on(fails("x", (2, 3))).unwrap_err().to_string();
    let seen = SEEN.lock().unwrap().clone();
    assert_eq!(seen[..3], ["start name=1", "stop name=1 result=ok", "start name=x"]);
    assert_eq!(seen[3], format!("exception name=x kind=error reason={error}"));
    assert_eq!(seen.len(), 4);
}

#[telemetry::span(app.panics)]
fn panics(limit: u32) {
    panic!("over {limit}");
}

#[test]
fn a_panic_is_an_exception_and_goes_on_unchanged() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    telemetry::install_panic_hook();
    record("panics", app::panics.any().events(), &SEEN);
    let payload = std::panic::catch_unwind(|| panics(9000)).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "over 9000");
    assert_eq!(*SEEN.lock().unwrap(), ["start", "exception kind=panic reason=over 9000"]);
}

#[telemetry::span(app.deep.inner)]
fn panics_deep_inside(limit: u32) {
    panic!("over {limit}");
}

#[telemetry::span(app.deep.outer)]
fn panics_inside() {
    panics_deep_inside(7);
}

#[test]
fn every_span_that_a_panic_unwinds_through_reports_it() {
    telemetry::install_panic_hook();
    let captured =
        telemetry::testing::capture(&[&app::deep::inner::exception, &app::deep::outer::exception]);
    std::panic::catch_unwind(panics_inside).unwrap_err();
    let inner = captured.of(&app::deep::inner::exception);
    let outer = captured.of(&app::deep::outer::exception);
    for metadata in [&inner[0].metadata, &outer[0].metadata] {
        assert_eq!(metadata["reason"], "over 7");
        assert!(metadata["location"].contains("spans.rs:"), "{metadata:?}");
    }
}

#[telemetry::span(app.cancelled, name)]
async fn cancelled(name: &str) {
    pause().await;
    unreachable!("{name} is never polled so far");
}

#[test]
fn a_dropped_future_is_cancelled_once_and_only_if_it_was_started() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("cancelled", app::cancelled.any().events(), &SEEN);
    drop(cancelled("unpolled"));
    assert_eq!(*SEEN.lock().unwrap(), [""; 0]);
    {
        let mut future = pin!(cancelled("midway"));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(
        *SEEN.lock().unwrap(),
        ["start name=midway", "exception name=midway kind=cancelled reason=dropped before the end"]
    );
}

#[telemetry::span(app.normal, err = stop, stop(|answer| failed = answer.is_err()))]
fn normal(fail: bool) -> Result<(), Failed> {
    if fail { Err(Failed("as expected")) } else { Ok(()) }
}

#[test]
fn an_error_that_is_a_normal_answer_stops_the_span() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("normal", app::normal.any().events(), &SEEN);
    normal(false).unwrap();
    normal(true).unwrap_err();
    assert_eq!(
        *SEEN.lock().unwrap(),
        ["start", "stop failed=false result=ok", "start", "stop failed=true result=error"]
    );
}

#[test]
fn a_guard_stops_fails_or_is_cancelled() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("guard", app::guard.any().events(), &SEEN);
    record("plain", app::plain.any().events(), &SEEN);
    telemetry::start!(app.guard, { id: 1 }).stop(app::guard::Stop { n: 5 });
    telemetry::start!(app.guard, { id: 2 }).fail(&Failed("told so"));
    drop(telemetry::start!(app.guard, { id: 3 }));
    telemetry::start!(app.plain).stop();
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "start id=1",
            "stop n=5 id=1 result=ok",
            "start id=2",
            "exception id=2 kind=error reason=failed: told so",
            "start id=3",
            "exception id=3 kind=cancelled reason=dropped before the end",
            "start",
            "stop result=ok",
        ]
    );
}

#[telemetry::span(app.outer)]
async fn outer() -> (SpanContext, SpanContext) {
    let own = SpanContext::current().unwrap();
    pause().await;
    (own, inner())
}

#[telemetry::span(app.inner)]
fn inner() -> SpanContext {
    SpanContext::current().unwrap()
}

#[test]
fn nested_spans_hang_on_their_parents() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("outer", app::outer.any().events(), &SEEN);
    record("inner", app::inner.any().events(), &SEEN);
    let (outer, inner) = block_on(outer());
    assert_eq!(inner.trace_id(), outer.trace_id());
    assert_eq!(inner.parent_id(), Some(outer.span_id()));
    assert_eq!(outer.parent_id(), None);
    assert_eq!(SpanContext::current(), None);
    let given = SpanContext::current();
    assert!(given.is_none());
    let child = telemetry::start!(app.outer, {}, parent = inner);
    assert_eq!(child.context().unwrap().parent_id(), Some(inner.span_id()));
    child.stop();
}

#[telemetry::span(app.silent, id = never_evaluated(id))]
async fn silent(id: u32) -> u32 {
    id
}

fn never_evaluated(id: u32) -> u32 {
    panic!("evaluated {id}")
}

#[test]
fn a_span_that_nobody_listens_to_evaluates_nothing() {
    assert_eq!(block_on(silent(7)), 7);
    assert!(telemetry::start!(app.silent, { id: never_evaluated(1) }).context().is_none());
}

type Alias<T> = std::io::Result<T>;

#[telemetry::span(app.alias)]
fn alias(fail: bool) -> Alias<()> {
    if fail { Err(std::io::Error::other("disk gone")) } else { Ok(()) }
}

#[telemetry::span(app.generic)]
fn generic<T>(value: T) -> T {
    value
}

#[test]
fn results_are_found_by_type_and_generic_values_count_as_success() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("alias", app::alias.any().events(), &SEEN);
    record("generic", app::generic.any().events(), &SEEN);
    alias(true).unwrap_err();
    alias(false).unwrap();
    generic(Err::<(), _>(Failed("hidden"))).unwrap_err();
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "start",
            "exception kind=error reason=disk gone",
            "start",
            "stop result=ok",
            "start",
            "stop result=ok"
        ]
    );
}

struct Shop {
    id: u32,
}

impl Shop {
    #[telemetry::span(app.methods, id = self.id)]
    async fn by_reference(&self, out: &mut Vec<u32>) -> u32 {
        pause().await;
        out.push(self.id);
        self.id
    }

    #[telemetry::span(app.methods, id = self.id)]
    fn by_value(self) -> u32 {
        self.id
    }

    #[telemetry::span(app.methods, id = self.id)]
    fn by_mutable_reference(&mut self) -> &mut u32 {
        &mut self.id
    }
}

#[test]
fn methods_of_every_self_are_spans() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    record("methods", app::methods.any().events(), &SEEN);
    let mut shop = Shop { id: 4 };
    let mut out = Vec::new();
    assert_eq!(block_on(shop.by_reference(&mut out)), 4);
    *shop.by_mutable_reference() = 5;
    assert_eq!(shop.by_value(), 5);
    let starts: Vec<String> =
        SEEN.lock().unwrap().iter().filter(|line| line.starts_with("start")).cloned().collect();
    assert_eq!(starts, ["start id=4", "start id=4", "start id=5"]);
}

#[test]
fn an_instrumented_future_is_send_where_the_plain_one_is() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    assert_eq!(block_on(assert_send(silent(1))), 1);
}
