//! What the receiver made of a request, whatever carried it.

use std::time::Duration;

/// What became of one try.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// It was taken, all but what was rejected, and what the receiver says of that.
    Accepted { rejected: u64, message: String },
    /// It will never be taken.
    Refused(String),
    /// It may be taken later: why not now, and after which time if the receiver says so.
    Later { why: String, after: Option<Duration> },
    /// Nobody answered: why.
    Unanswered(String),
}
