//! What stands in the attribute's parentheses, in every form of function: numbers 64, 68 and 72 of
//! the list of what breaks attribute macros.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use telemetry::{SpanContext, span};

use crate::support::{block_on, both_ways, one_span, pause, shape};

type Parsed = Result<u64, std::num::ParseIntError>;

fn length(text: &str) -> u64 {
    text.bytes().map(|_| 1).sum()
}

#[span(shape.fields, id = length(text), stop(|number| text = number.to_string()), parent = SpanContext::current())]
fn sync(text: &str) -> Parsed {
    text.parse()
}
#[span(shape.fields, id = length(text), stop(|number| text = number.to_string()), parent = SpanContext::current())]
async fn asynchronous(text: &str) -> Parsed {
    pause().await;
    text.parse()
}
#[span(shape.fields, id = length(text), err = stop, stop(|answer| text = format!("{answer:?}")))]
fn sync_with_a_normal_err(text: &str) -> Parsed {
    text.parse()
}
#[span(shape.fields, id = length(text), err = stop, stop(|answer| text = format!("{answer:?}")))]
async fn asynchronous_with_a_normal_err(text: &str) -> Parsed {
    pause().await;
    text.parse()
}
#[span(shape.fields, id = length(text), stop(|number| text = number.to_string()))]
fn returns_future(text: &str) -> impl Future<Output = Parsed> {
    let parsed = text.parse();
    async move {
        pause().await;
        parsed
    }
}
#[span(shape.fields, id = length(text), stop(|number| text = number.to_string()))]
fn returns_boxed(text: &str) -> Pin<Box<dyn Future<Output = Parsed> + Send + '_>> {
    Box::pin(async move {
        pause().await;
        text.parse()
    })
}
// what only a pattern binds
#[span(shape.fields, id = first, stop(|&(sum, _)| text = sum.to_string()))]
async fn pattern((first, second): (u64, u64)) -> (u64, u64) {
    pause().await;
    (first + second, first)
}
// names in a format
#[span(shape.fields, id = length(&format!("{first}")), stop(|_| text = String::new()))]
async fn formatted((first, _): (u64, u64)) -> u64 {
    first
}
#[span(shape.fields, id = length(&format!("{only_here:?}")), stop(|_| text = String::new()))]
async fn formatted_only(only_here: &str) {}
#[span(shape.run, parent = SpanContext::current())]
#[track_caller]
fn tracked(text: &str) -> usize {
    text.len()
}

struct Till {
    sum: u64,
}

impl Till {
    #[span(shape.fields, id = self.sum, stop(|sum| text = sum.to_string()))]
    async fn add(&mut self, cents: u64) -> &u64 {
        pause().await;
        self.sum += cents;
        &self.sum
    }
}

#[test]
fn every_form_has_every_option() {
    one_span(|| assert_eq!(sync("7"), Ok(7)));
    one_span(|| assert_eq!(block_on(asynchronous("7")), Ok(7)));
    one_span(|| assert!(sync_with_a_normal_err("x").is_err()));
    one_span(|| assert!(block_on(asynchronous_with_a_normal_err("x")).is_err()));
    one_span(|| assert_eq!(block_on(returns_future("7")), Ok(7)));
    one_span(|| assert_eq!(block_on(returns_boxed("7")), Ok(7)));
    one_span(|| assert_eq!(block_on(pattern((1, 2))), (3, 1)));
    one_span(|| assert_eq!(block_on(formatted((7, 8))), 7));
    one_span(|| block_on(formatted_only("four")));
    one_span(|| assert_eq!(tracked("four"), 4));
    one_span(|| assert_eq!(block_on(Till { sum: 1 }.add(2)), &3));
    assert_eq!(both_ways(|| assert!(sync("x").is_err())), ["start", "exception"]);
    assert_eq!(
        both_ways(|| assert!(block_on(returns_boxed("x")).is_err())),
        ["start", "exception"]
    );
}

// 64: segments that are keywords
mod vocabulary {
    telemetry::events! {
        span words.type.match;
        span words.async.gen { metadata { r#type: u32, r#fn: u32 } }
    }
}
use vocabulary::words;

#[span(words.type.match)]
fn keywords() {}
#[span(words.r#type.r#match)]
async fn raw_keywords() {}
#[span(words.async.gen, type = 1, r#fn)]
fn keyword_fields(r#fn: u32) {
    assert!(r#fn > 0);
}

#[test]
fn n64_segments_and_fields_may_be_keywords() {
    let captured = telemetry::testing::capture(&[
        &words::r#type::r#match::start,
        &words::r#async::r#gen::start,
    ]);
    keywords();
    block_on(raw_keywords());
    keyword_fields(2);
    let name = "words.type.match.start";
    assert_eq!(captured.names(), [name, name, "words.async.gen.start"]);
    let fields = &captured.of(&words::r#async::r#gen::start)[0].metadata;
    assert_eq!((&*fields["type"], &*fields["fn"]), ("1", "2"));
}

// 68: nothing is evaluated while nobody listens, to a span that other tests leave alone
telemetry::events! {
    span alone.worked { metadata { id: u64 } stop { metadata { text: String } } }
}

thread_local! {
    static EVALUATED: Cell<u32> = const { Cell::new(0) };
}

fn evaluate<T>(value: T) -> T {
    EVALUATED.set(EVALUATED.get() + 1);
    value
}
fn nothing() -> Option<SpanContext> {
    evaluate(None)
}

#[span(alone.worked, id = evaluate(1), stop(|_| text = evaluate(String::new())), parent = nothing())]
fn evaluating() {}
#[span(alone.worked, id = evaluate(1), stop(|_| text = evaluate(String::new())), parent = nothing())]
async fn evaluating_async() {}
#[span(alone.worked, id = evaluate(1), stop(|_| text = evaluate(String::new())), parent = nothing())]
fn evaluating_future() -> impl Future<Output = ()> {
    async {}
}
#[span(alone.worked, id = evaluate(1), stop(|_| text = evaluate(String::new())), parent = nothing())]
fn evaluating_boxed() -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async {})
}

#[test]
fn n68_fields_are_evaluated_once_and_only_if_somebody_listens() {
    let works: [fn(); 4] = [
        evaluating,
        || block_on(evaluating_async()),
        || block_on(evaluating_future()),
        || block_on(evaluating_boxed()),
    ];
    for work in works {
        EVALUATED.set(0);
        work();
        assert_eq!(EVALUATED.get(), 0, "nobody listens");
        let captured = telemetry::testing::capture(&[&alone::worked::start]);
        work();
        assert_eq!(captured.names().len(), 1);
        assert_eq!(EVALUATED.get(), 3, "start, stop and parent");
    }
}

// 72: constants and statics as values; another name for the span
const ID: u64 = 7;
static NAME: &str = "seven";
const PARENT: Option<SpanContext> = None;
use shape::fields as renamed;

#[span(shape.fields, id = ID, stop(text = NAME.to_owned()), parent = PARENT)]
fn constants() {}
#[span(renamed, id = ID, stop(text = NAME.to_owned()))]
async fn constants_async() {}
#[span(self::shape.fields, id = { const INNER: u64 = ID; INNER }, stop(text = NAME.into()))]
fn constant_inside() {}

#[test]
fn n72_values_may_be_constants_and_statics() {
    for work in [constants, || block_on(constants_async()), constant_inside] {
        let captured = telemetry::testing::capture(&[&shape::fields::stop]);
        work();
        let metadata = &captured.of(&shape::fields::stop)[0].metadata;
        assert_eq!((&*metadata["id"], &*metadata["text"]), ("7", "seven"));
    }
    let span = telemetry::start!(renamed, { id: ID });
    span.stop(renamed::Stop { text: NAME.to_owned() });
}
