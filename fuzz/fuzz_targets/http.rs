//! What HTTP says: what a client accepts, when to come again, and what a probe is answered.
#![no_main]

use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use telemetry_runtime::fuzzing::health::{answer, answer_is_whole, prefers_text};
use telemetry_runtime::fuzzing::prometheus::{FORMATS, negotiated, rest};
use telemetry_runtime::fuzzing::{healthcheck, otlp};

fuzz_target!(|input: &[u8]| {
    answers(input);
    if let Ok(text) = str::from_utf8(input) {
        arguments(text);
    }
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    rests(&value);
    formats(&value);
    encodings(&value);
});

fn headers(name: HeaderName, values: &[&HeaderValue]) -> HeaderMap {
    values.iter().map(|value| (name.clone(), (*value).clone())).collect()
}

/// Who refuses what it was to be given gets something else, and who asks for nothing else gets it.
fn formats(value: &HeaderValue) {
    let wanted = |values: &[&HeaderValue]| negotiated(&headers(ACCEPT, values)).0;
    let place = wanted(&[value]);
    let Some(name) = FORMATS.get(place) else { panic!("{value:?} wants no format") };
    let text = value.to_str().unwrap_or_default();
    let spread = text.replace(',', " , ").replace(';', "\t; ");
    let spread = HeaderValue::from_str(&spread).expect("blanks may stand in it");
    if !text.is_empty() {
        assert_eq!(wanted(&[&spread]), place, "blanks mean nothing: {value:?}");
    }
    let is_alone = !text.to_ascii_lowercase().contains(name);
    let refusal = HeaderValue::from_str(&format!("{name};q=0")).expect("it is a value");
    if is_alone && place > 0 {
        assert_ne!(wanted(&[value, &refusal]), place, "{value:?} without {name}");
    }
    let demand = HeaderValue::from_str(&format!("{name};q=1.0")).expect("it is a value");
    assert_eq!(wanted(&[&demand]), place);
    if is_alone {
        assert_eq!(wanted(&[&demand, value]), place, "{value:?} after {name}");
    }
    assert!(!prefers_text(&HeaderMap::new()));
    let json = HeaderValue::from_static("application/json");
    if prefers_text(&headers(ACCEPT, &[&json, value])) {
        panic!("nothing is wanted more than what is wanted wholly: {value:?}");
    }
}

fn encodings(value: &HeaderValue) {
    let is_compressed = |values: &[&HeaderValue]| negotiated(&headers(ACCEPT_ENCODING, values)).1;
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let lower = HeaderValue::from_str(&text).expect("it was one");
    assert_eq!(is_compressed(&[&lower]), is_compressed(&[value]) && !text.is_empty());
    if is_compressed(&[value]) {
        assert!(text.contains("gzip") || text.contains('*'), "{text}");
        let refusal = HeaderValue::from_static("gzip;q=0, x-gzip;q=0");
        assert!(!is_compressed(&[value, &refusal]), "{text}");
    }
}

/// Whatever a receiver says, it is asked again, and not at once.
fn rests(value: &HeaderValue) {
    let (shortest, longest) = (Duration::from_millis(100), Duration::from_secs(3_600));
    assert!((shortest..=longest).contains(&rest(value)), "{:?} after {value:?}", rest(value));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let after = otlp::retry_after(value, now);
    assert!(after.is_none_or(|after| after <= longest), "{after:?}");
    let seconds = value.to_str().ok().and_then(|text| text.trim().parse::<u32>().ok());
    if let Some(seconds) = seconds {
        let expected = Duration::from_secs(seconds.into()).min(longest);
        assert_eq!(after, Some(expected));
        assert_eq!(rest(value), expected.max(shortest));
    }
}

fn answers(input: &[u8]) {
    let read = answer(input);
    let head = input.windows(4).position(|four| four == b"\r\n\r\n").map(|end| &input[..end]);
    let Some(head) = head else {
        assert!(read.is_none() && !answer_is_whole(input));
        return;
    };
    if let Some((status, body)) = &read {
        assert!((100..600).contains(status) && head.starts_with(b"HTTP/1."));
        assert_eq!(*body, String::from_utf8_lossy(&input[head.len() + 4..]));
    }
    // as it comes: what is whole stays so, and is read as the same
    let grown = [input, b"x"].concat();
    assert!(!answer_is_whole(input) || answer_is_whole(&grown));
    assert_eq!(answer(&grown).map(|(status, _)| status), read.map(|(status, _)| status));
}

fn arguments(text: &str) {
    let arguments: Vec<&str> = text.split('\n').collect();
    // of a name, the address is not looked up before it is asked
    if let Ok(Some(url)) = healthcheck(&arguments) {
        let breaks_requests = |c: char| c.is_control() || c.is_whitespace();
        assert!(url.starts_with("http://") && !url.contains(breaks_requests), "{url:?}");
    }
}
