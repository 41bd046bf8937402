//! Names, span contexts and metrics that are made at run time are taken or refused as their rules say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetry::fuzzing::{check_metric, check_name};
use telemetry::{MetricBuilder, SpanContext, Unit};

fuzz_target!(|text: &str| {
    names(text);
    contexts(text);
    metrics(text);
});

fn names(text: &str) {
    let is_name = !text.is_empty()
        && text.len() <= 255
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
        && text.chars().all(|c| !('\0'..=' ').contains(&c) || c == ' ')
        && !text.chars().any(|c| ('\u{7f}'..='\u{9f}').contains(&c));
    let checked = check_name(text);
    assert_eq!(checked.is_ok(), is_name, "{text:?}: {checked:?}");
    if let Err(error) = checked {
        assert!(error.is_invalid_name());
        assert_printable(&error.to_string());
    }
}

/// The grammar of W3C Trace Context, by the places of a header's characters.
fn contexts(text: &str) {
    let bytes = text.as_bytes();
    let is_hexadecimal = |from: usize, to: usize| {
        let digits = bytes.get(from..to);
        digits.is_some_and(|digits| digits.iter().all(|byte| b"0123456789abcdef".contains(byte)))
    };
    let is_zero = |from: usize, to: usize| bytes[from..to].iter().all(|byte| *byte == b'0');
    let are_dashes = [2, 35, 52].iter().all(|place| bytes.get(*place) == Some(&b'-'));
    let are_digits =
        [(0, 2), (3, 35), (36, 52), (53, 55)].iter().all(|(a, b)| is_hexadecimal(*a, *b));
    let is_context = are_dashes
        && are_digits
        && !is_zero(3, 35)
        && !is_zero(36, 52)
        && &bytes[..2] != b"ff"
        && (bytes.len() == 55 || (&bytes[..2] != b"00" && bytes[55] == b'-'));
    match text.parse::<SpanContext>() {
        Ok(context) => {
            assert!(is_context, "{text:?} is none");
            let shown = context.to_string();
            assert_eq!(shown[3..52], text[3..52]);
            assert_eq!(shown.parse::<SpanContext>().ok(), Some(context));
        }
        Err(error) => {
            assert!(!is_context, "{text:?} is one: {error}");
            assert_printable(&error.to_string());
        }
    }
}

/// Of lines: the name, events, tags, numbers.
fn metrics(text: &str) {
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (name, events, tags, numbers) = (line(), line(), line(), line());
    let numbers: Vec<f64> = numbers.split(' ').filter_map(|number| number.parse().ok()).collect();
    let listed = |text: &str| -> Vec<String> {
        text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (events, tags) = (listed(events), listed(tags));
    let rises = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let unique = |texts: &[String]| (1..texts.len()).all(|at| !texts[..at].contains(&texts[at]));
    let base = |metric: MetricBuilder| {
        let metric = metric.tags(tags.clone()).convert(Unit::NATIVE, Unit::SECOND);
        if events.is_empty() { metric } else { metric.events(events.clone()) }
    };
    let is_named =
        check_name(name).is_ok() && (name.contains('.')) && unique(&tags) && unique(&events);
    for (metric, are_numbers_right) in [
        (base(MetricBuilder::counter(name)), true),
        (base(MetricBuilder::sum(name)), true),
        (
            base(MetricBuilder::distribution(name)).buckets(numbers.clone()),
            !numbers.is_empty()
                && rises
                && numbers.len() <= 500
                && numbers.iter().all(|number| number.is_finite()),
        ),
        (
            base(MetricBuilder::summary(name)).percentiles(numbers.clone()),
            !numbers.is_empty() && rises && numbers.iter().all(|q| (0.0..=1.0).contains(q)),
        ),
        (base(MetricBuilder::last_value(name)).percentiles(numbers.clone()), false),
        (base(MetricBuilder::sum(name)).convert(Unit::BYTE, Unit::SECOND), false),
    ] {
        let checked = check_metric(&metric);
        // a counter over events that are named needs no measurement
        if is_named || !are_numbers_right {
            assert_eq!(checked.is_ok(), is_named && are_numbers_right, "{metric:?}: {checked:?}");
        }
        if let Err(error) = checked {
            assert_printable(&error.to_string());
        }
    }
}

/// What is hostile in a text is not told as it is.
fn assert_printable(text: &str) {
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}
