//! When to try again.

use std::time::{Duration, SystemTime};

use http::HeaderValue;

/// The longest time for which a receiver can ask for silence.
const LONGEST_SILENCE: Duration = Duration::from_hours(1);

/// Rests that double from one try to the next, each of a random length between half and whole, so that
/// programs that failed together do not return together.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new((first, longest): (Duration, Duration)) -> Self {
        Self { next: first.min(longest), longest }
    }

    /// The rest before the next try.
    pub(super) fn rest(&mut self) -> Duration {
        let whole = self.next;
        self.next = whole.saturating_mul(2).min(self.longest);
        whole.mul_f64(f64::midpoint(1.0, fastrand::f64()))
    }
}

/// What the header `retry-after` asks for, in seconds or until a date; an hour at the most, nothing for
/// a date that has passed. `None` where it cannot be read.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>.
pub(super) fn retry_after(header: &HeaderValue, now: SystemTime) -> Option<Duration> {
    let text = header.to_str().ok()?.trim();
    let wanted = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let date = httpdate::parse_http_date(text).ok()?;
        date.duration_since(now).unwrap_or_default()
    };
    Some(wanted.min(LONGEST_SILENCE))
}

/// What a receiver of gRPC asks for, within the same bounds.
#[cfg(feature = "otlp-grpc")]
pub(super) fn within_bounds(wanted: Duration) -> Duration {
    wanted.min(LONGEST_SILENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_the_longest_and_are_never_shorter_than_half() {
        let mut backoff = Backoff::new((Duration::from_secs(1), Duration::from_secs(5)));
        for whole in [1.0, 2.0, 4.0, 5.0, 5.0] {
            let rest = backoff.rest().as_secs_f64();
            assert!((whole / 2.0..=whole).contains(&rest), "{rest} of {whole}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_767);
        let read = |text| retry_after(&HeaderValue::from_static(text), now);
        assert_eq!(read("120"), Some(Duration::from_mins(2)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("99999999"), Some(Duration::from_hours(1)));
        for text in ["soon", "-1", "1.5", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
