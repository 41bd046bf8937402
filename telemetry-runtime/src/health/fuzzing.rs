//! What is fuzzed of health: see [`crate::fuzzing`].

use std::time::SystemTime;

use http::HeaderMap;

use super::json::Json;
use super::page::Form;
use super::{accept, redaction, timestamp};

/// An object with these texts, and an array of the same.
pub fn json(pairs: &[(&str, &str)]) -> String {
    let mut json = Json::new();
    json.within(['{', '}'], |json| {
        json.key("all").within(['[', ']'], |json| {
            for (key, value) in pairs {
                json.within(['{', '}'], |json| json.key(key).text(value));
                json.plain(value.len());
            }
        });
        json.key("ended").plain(true);
    });
    json.finish()
}

/// The text of an error, as it may be shown.
pub fn redacted(text: &str) -> String {
    redaction::redacted(text)
}

/// A time as it is shown.
pub fn timestamp(at: SystemTime) -> String {
    timestamp::timestamp(at)
}

/// Whether a client is answered as plain text.
pub fn prefers_text(headers: &HeaderMap) -> bool {
    accept::form(headers) == Form::Text
}
