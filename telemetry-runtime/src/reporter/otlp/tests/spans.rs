//! From a span to the message of it, through a runtime.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message as _;

use super::super::Otlp;
use super::super::message::trace::{Request, Span, SpanKind, StatusCode};
use super::super::message::{Any, KeyValue};
use super::receiver::{Receiver, ok, status};
use crate::{Builder, Telemetry};

telemetry::events! {
    span otlp_spans.outer { metadata { order: u64 } stop { measurements { retries: u32 } metadata { gateway: &str } } }
    span otlp_spans.inner;
    span otlp_lost.work;
    span otlp_cut.work { metadata { text: &str } }
    span otlp_remote.work;
}

/// Tests run side by side, and each runtime hears all of them.
static ALONE: Mutex<()> = Mutex::new(());

fn runtime(
    receiver: &Receiver,
    variables: &[(&str, &str)],
    lines: &Arc<Mutex<Vec<String>>>,
) -> Builder {
    let lines = lines.clone();
    let otlp = Otlp::http(receiver.url())
        .without_metrics()
        .backoff(Duration::from_millis(1), Duration::from_millis(2));
    Telemetry::builder()
        .service("shop", "1.2")
        .admin("off")
        .environment(variables.iter().copied())
        .reporter(otlp)
        .log(move |line| lines.lock().unwrap().push(line.to_owned()))
}

fn spans(receiver: &Receiver, of: &str) -> BTreeMap<String, Span> {
    let requests = receiver.received();
    let requests = requests.iter().map(|request| Request::decode(&request.body[..]).unwrap());
    let mut spans = BTreeMap::new();
    for request in requests {
        for scope in request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans) {
            assert_eq!(scope.scope.unwrap().name, "telemetry-runtime");
            let ours = scope.spans.into_iter().filter(|span| span.name.starts_with(of));
            spans.extend(ours.map(|span| (span.name.clone(), span)));
        }
    }
    spans
}

fn attribute<'s>(attributes: &'s [KeyValue], key: &str) -> Option<&'s Any> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

#[test]
fn spans_are_sent_with_their_fields_parents_and_outcomes() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let receiver = Receiver::start(vec![ok()]);
    let telemetry = runtime(&receiver, &[], &Arc::default()).start().unwrap();
    let span = telemetry::start!(otlp_spans.outer, { order: 7 });
    let outer = span.context().unwrap();
    outer.scope(|| {
        telemetry::start!(otlp_spans.inner).fail(&"no funds");
    });
    span.stop(otlp_spans::outer::Stop { retries: 2, gateway: "stripe" });
    let report = telemetry.shutdown(Duration::from_secs(20)).unwrap();
    assert!(report.is_complete(), "{report:?}");

    let spans = spans(&receiver, "otlp_spans");
    let outer_span = &spans["otlp_spans.outer"];
    assert_eq!(outer_span.trace_id, outer.trace_id().to_be_bytes());
    assert_eq!(outer_span.span_id, outer.span_id().to_be_bytes());
    assert!(outer_span.parent_span_id.is_empty());
    assert_eq!(outer_span.kind, i32::from(SpanKind::Internal));
    assert!(outer_span.start_time_unix_nano < outer_span.end_time_unix_nano);
    let of_outer = |key| attribute(&outer_span.attributes, key).cloned();
    assert_eq!(of_outer("order"), Some(Any::Integer(7)));
    assert_eq!(of_outer("retries"), Some(Any::Integer(2)));
    assert_eq!(of_outer("gateway"), Some(Any::Text("stripe".into())));
    assert_eq!((of_outer("duration"), of_outer("span_context")), (None, None));
    assert!(outer_span.status.is_none() && outer_span.events.is_empty());

    let inner = &spans["otlp_spans.inner"];
    assert_eq!(
        (&inner.trace_id, &inner.parent_span_id),
        (&outer_span.trace_id, &outer_span.span_id)
    );
    let status = inner.status.as_ref().unwrap();
    assert_eq!((status.code, &*status.message), (StatusCode::Error.into(), "no funds"));
    let [event] = &inner.events[..] else { panic!("{inner:?}") };
    assert_eq!(event.name, "exception");
    let kind = attribute(&event.attributes, "exception.type");
    assert_eq!(kind, Some(&Any::Text("error".into())));
    let message = attribute(&event.attributes, "exception.message");
    assert_eq!(message, Some(&Any::Text("no funds".into())));
}

#[test]
fn spans_that_nobody_takes_are_given_up_in_time_and_told() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let receiver = Receiver::start(vec![status("400 Bad Request", "", b"")]);
    let lines = Arc::default();
    let batches = [("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2"), ("OTEL_BSP_SCHEDULE_DELAY", "60000")];
    let telemetry = runtime(&receiver, &batches, &lines).start().unwrap();
    for _ in 0..5 {
        telemetry::start!(otlp_lost.work).stop();
    }
    assert!(telemetry.shutdown(Duration::from_secs(20)).unwrap().is_complete());
    let requests = receiver.received();
    assert!(requests.len() >= 3, "batches of two: {}", requests.len());
    let lines = lines.lock().unwrap().join("\n");
    assert!(lines.contains("refused 2 spans: it answered 400 Bad Request"), "{lines}");
}

#[test]
fn texts_that_are_cut_off_are_counted_and_told() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let told = Arc::new(Mutex::new(0));
    let attached =
        telemetry::attach("otlp-cut", &crate::runtime::otlp::cut, told.clone(), |event, told| {
            *told.lock().unwrap() += event.measurements.texts;
        });
    let receiver = Receiver::start(vec![ok()]);
    let telemetry = runtime(&receiver, &[], &Arc::default()).start().unwrap();
    let (whole, long) = ("x".repeat(4_096), "ü".repeat(3_000));
    telemetry::start!(otlp_cut.work, { text: &whole }).stop();
    telemetry::start!(otlp_cut.work, { text: &long }).fail(&long);
    assert!(telemetry.shutdown(Duration::from_secs(20)).unwrap().is_complete());
    drop(attached);
    telemetry::detach("otlp-cut").unwrap();
    // the field, and the reason of the failure
    assert_eq!(*told.lock().unwrap(), 2);
    let span = &spans(&receiver, "otlp_cut")["otlp_cut.work"];
    let text = attribute(&span.attributes, "text");
    assert_eq!(text, Some(&Any::Text("ü".repeat(2_048))));
}

#[test]
fn what_a_remote_parent_has_decided_holds_unless_the_sampler_does_not_ask() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let trace = "00-0123456789abcdef0123456789abcdef-00000000000000ab";
    for (sampler, flags, is_sent) in [
        ("parentbased_always_on", "00", false),
        ("parentbased_always_on", "01", true),
        ("parentbased_always_off", "01", true),
        ("always_on", "00", true),
    ] {
        let receiver = Receiver::start(vec![ok()]);
        let variables = [("OTEL_TRACES_SAMPLER", sampler)];
        let telemetry = runtime(&receiver, &variables, &Arc::default()).start().unwrap();
        let parent: telemetry::SpanContext = format!("{trace}-{flags}").parse().unwrap();
        parent.scope(|| telemetry::start!(otlp_remote.work).stop());
        assert!(telemetry.shutdown(Duration::from_secs(20)).unwrap().is_complete());
        let spans = spans(&receiver, "otlp_remote");
        assert_eq!(spans.contains_key("otlp_remote.work"), is_sent, "{sampler} {flags}");
    }
}
