//! What is read of the environment is shown as what is read as the same.
#![no_main]

use std::fmt::Write as _;

use libfuzzer_sys::fuzz_target;
use telemetry_runtime::fuzzing::settings;

fuzz_target!(|text: &str| {
    for (name, read) in settings() {
        match read(text) {
            Ok(shown) => {
                if name == "headers" {
                    assert!(shown.is_ascii(), "{shown:?}");
                    continue;
                }
                if shown.is_empty() {
                    continue;
                }
                let again = read(&shown);
                assert_eq!(again.as_deref(), Ok(&*shown), "{name}: {text:?} is shown so");
                if matches!(name, "statsd" | "push" | "probe" | "otlp endpoint") {
                    // the path of a socket may have blanks
                    let hostile = |c: char| c.is_control() || (c == ' ' && name != "statsd");
                    assert!(!shown.contains(hostile), "{name}: {shown:?}");
                }
            }
            Err(why) => assert!(!why.is_empty(), "{name}: {text:?} is refused without a word"),
        }
    }
    attributes(text);
});

/// Pairs as another program writes them are read as those pairs.
fn attributes(text: &str) {
    let (_, read) = settings().into_iter().find(|(name, _)| *name == "attributes").expect("it is");
    let encoded = |text: &str| {
        let mut encoded = String::new();
        for byte in text.bytes() {
            let _ = match byte {
                byte if byte.is_ascii_alphanumeric() => write!(encoded, "{}", char::from(byte)),
                byte => write!(encoded, "%{byte:02x}"),
            };
        }
        encoded
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in text.split('\u{1e}') {
        let (key, value) = pair.split_once('\u{1f}').unwrap_or((pair, ""));
        if !key.is_empty() && !pairs.iter().any(|(known, _)| known == key) {
            pairs.push((key.to_owned(), value.to_owned()));
        }
    }
    if pairs.is_empty() {
        return;
    }
    let one = |(key, value): &(String, String)| format!(" {} = {} ", encoded(key), encoded(value));
    let all: Vec<String> = pairs.iter().map(one).collect();
    let shown = read(&all.join(",")).expect("they are pairs");
    let back: Vec<(String, String)> = shown
        .split(',')
        .map(|pair| {
            let (key, value) = pair.split_once('=').expect("a pair has a sign");
            (decoded(key), decoded(value))
        })
        .collect();
    assert_eq!(back, pairs);
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("it is UTF-8")
}
