//! The ends of spans, as OTLP's spans.
//!
//! The handler hears `stop` and `exception` alone: they carry the start's metadata and the duration, so
//! that nothing is kept of spans in flight. A span that the sampler does not choose costs a look at its
//! context; one that it does is made into its message by who ends it, with texts of at most
//! [`LONGEST_TEXT`] bytes: of longer ones the end is cut off, and counted.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use telemetry::{AnyEvent, Execution, Policy, SpanContext, Value};

use super::message::trace::{Event, Span, SpanKind, Status, StatusCode};
use super::message::{Any, KeyValue};
use super::points::nanoseconds;
use super::queue::{Ended, Entrance};
use super::sampler::Sampler;
use crate::error::Error;

/// The bytes of a text that are sent.
const LONGEST_TEXT: usize = 4_096;
/// The flag of W3C Trace Context that says that a span is sent.
const SAMPLED: u32 = 1;

/// The handler, which is detached when this is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    handler: Option<String>,
}

/// Puts all spans that end from now on, and that the sampler chooses, into the queue.
///
/// # Errors
/// When the handler cannot be attached.
pub(super) fn listen(sampler: Sampler, queue: Entrance) -> Result<Listening, Error> {
    static HANDLERS: AtomicU64 = AtomicU64::new(1);

    let mut ends = HashMap::new();
    let mut events = Vec::new();
    for vocabulary in telemetry::vocabularies() {
        for span in vocabulary.spans() {
            let [_, stop, exception] = span.events();
            for (event, is_exception) in [(stop, false), (exception, true)] {
                let (package, name) = (vocabulary.crate_name(), span.name());
                ends.insert(address(event), End { package, name, is_exception });
                events.push(event);
            }
        }
    }
    if events.is_empty() {
        return Ok(Listening { handler: None });
    }
    let id = format!("telemetry.otlp.spans.{}", HANDLERS.fetch_add(1, Ordering::Relaxed));
    let feed = Feed { sampler, queue, ends };
    telemetry::attach_many(&id, &events, feed, |execution, feed| feed.hear(execution))
        .map_err(|error| Error::conflict(format!("spans are not sent by OTLP: {error}")))?
        .on_panic(Policy::Keep);
    Ok(Listening { handler: Some(id) })
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(handler) = &self.handler {
            // Somebody may have detached it by its id.
            let _ = telemetry::detach(handler);
        }
    }
}

/// What the handler has at hand.
struct Feed {
    sampler: Sampler,
    queue: Entrance,
    /// By the addresses of the events.
    ends: HashMap<usize, End>,
}

/// How a span ends with an event.
#[derive(Clone, Copy)]
struct End {
    package: &'static str,
    name: &'static str,
    is_exception: bool,
}

impl Feed {
    fn hear(&self, execution: &Execution<'_>) {
        // Twins of the spans, which plugins declare, are heard by name too, and not known here.
        let Some(end) = self.ends.get(&address(execution.event())) else { return };
        let context = match execution.metadata().get("span_context") {
            Some(Value::SpanContext(context)) => *context,
            _ => return,
        };
        if self.sampler.chooses(&context) && self.queue.has_room() {
            let mut texts = Texts::default();
            let span = span(*end, context, execution, SystemTime::now(), &mut texts);
            self.queue.has_cut(texts.cut);
            self.queue.put(Ended { package: end.package, span });
        }
    }
}

/// The message of a span of this context that ends with the execution.
#[cfg(fuzzing)]
pub(super) fn ended(execution: &Execution<'_>, context: SpanContext, is_exception: bool) -> Span {
    let end = End { package: "", name: "ended", is_exception };
    span(end, context, execution, SystemTime::now(), &mut Texts::default())
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("sampler", &self.sampler).finish_non_exhaustive()
    }
}

fn address(event: &'static AnyEvent) -> usize {
    std::ptr::from_ref(event).addr()
}

fn span(
    end: End,
    context: SpanContext,
    execution: &Execution<'_>,
    now: SystemTime,
    texts: &mut Texts,
) -> Span {
    let end_time = nanoseconds(now);
    let duration = match execution.measurements().get("duration") {
        Some(Value::Duration(duration)) => whole_nanoseconds(duration),
        _ => 0,
    };
    let mut span = Span {
        trace_id: context.trace_id().to_be_bytes().into(),
        span_id: context.span_id().to_be_bytes().into(),
        parent_span_id: context.parent_id().map(|id| id.to_be_bytes().into()).unwrap_or_default(),
        name: end.name.to_owned(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: end_time.saturating_sub(duration),
        end_time_unix_nano: end_time,
        flags: SAMPLED,
        ..Span::default()
    };
    let measured = execution.measurements();
    let measured =
        measured.iter().filter(|(name, _)| !matches!(*name, "duration" | "monotonic_time"));
    let is_of_exception = |name: &str| {
        end.is_exception && matches!(name, "kind" | "reason" | "location" | "backtrace")
    };
    let metadata = execution.metadata();
    let metadata = metadata.iter();
    let metadata = metadata.filter(|(name, _)| *name != "span_context" && !is_of_exception(name));
    let fields = metadata.chain(measured);
    span.attributes =
        fields.filter_map(|(name, value)| Some(KeyValue::new(name, texts.any(value)?))).collect();
    if end.is_exception {
        let (event, status) = exception(execution, end_time, texts);
        span.events.push(event);
        span.status = Some(status);
    }
    span
}

/// The exception as an event of the span, and as its status.
///
/// Source: <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/>.
fn exception(execution: &Execution<'_>, time: u64, texts: &mut Texts) -> (Event, Status) {
    let metadata = execution.metadata();
    let mut text_of =
        |name| metadata.get(name).filter(|value| !value.is_absent()).map(|value| texts.text(value));
    let kind = text_of("kind").unwrap_or_default();
    let reason = text_of("reason").filter(|reason| !reason.is_empty());
    let place = text_of("backtrace").or_else(|| text_of("location"));
    let message = reason.unwrap_or_else(|| kind.clone());
    let mut attributes = vec![
        KeyValue::text("exception.type", kind),
        KeyValue::text("exception.message", message.clone()),
    ];
    attributes.extend(place.map(|place| KeyValue::text("exception.stacktrace", place)));
    let event = Event { time_unix_nano: time, name: "exception".into(), attributes };
    (event, Status { message, code: StatusCode::Error.into() })
}

fn whole_nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Makes the texts of one span, and counts those that are too long.
#[derive(Debug, Default)]
struct Texts {
    cut: u64,
}

impl Texts {
    /// A field's value as an attribute; `None` where it holds nothing. Durations are nanoseconds, as they
    /// are everywhere.
    fn any(&mut self, value: Value<'_>) -> Option<Any> {
        Some(match value {
            Value::Absent => return None,
            Value::Bool(value) => Any::Bool(value),
            Value::Signed(value) => Any::Integer(value),
            Value::Unsigned(number) => match i64::try_from(number) {
                Ok(number) => Any::Integer(number),
                Err(_) => Any::Text(number.to_string()),
            },
            Value::Float(value) => Any::Float(value),
            Value::Duration(value) => {
                Any::Integer(i64::try_from(whole_nanoseconds(value)).unwrap_or(i64::MAX))
            }
            other => Any::Text(self.text(other)),
        })
    }

    fn text(&mut self, value: Value<'_>) -> String {
        let mut text = Short { text: String::new(), is_cut: false };
        // An error says that it is full, or comes from the value's own code.
        let _ = write!(text, "{value}");
        self.cut += u64::from(text.is_cut);
        text.text
    }
}

/// A text that takes no more than [`LONGEST_TEXT`] bytes.
struct Short {
    text: String,
    is_cut: bool,
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let space = LONGEST_TEXT - self.text.len();
        let fits = text.floor_char_boundary(space);
        self.text.push_str(&text[..fits]);
        self.is_cut |= fits < text.len();
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}
