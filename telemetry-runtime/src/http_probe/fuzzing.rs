//! What is fuzzed of the probe: see [`crate::fuzzing`].

use super::{Url, is_whole, parsed};

/// Whether no more of an answer is waited for.
pub fn answer_is_whole(answer: &[u8]) -> bool {
    is_whole(answer)
}

/// Status and body of an answer.
pub fn answer(answer: &[u8]) -> Option<(u16, String)> {
    parsed(answer).map(|answer| (answer.status, answer.body))
}

pub(crate) fn url(text: &str) -> Result<String, String> {
    Url::read(text).map(|url| url.to_string())
}
