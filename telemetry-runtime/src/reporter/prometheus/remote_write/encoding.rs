//! The protobuf messages of remote-write 1.0, written as they are: each series is 100 bytes or so that
//! nothing needs to be allocated for.
//!
//! Source: <https://prometheus.io/docs/specs/prw/remote_write_spec/>.

/// The value that says that a series has ended: a NaN of its own.
pub(super) const STALE: u64 = 0x7ff0_0000_0000_0002;

/// The first field, a message or a text: series of a request, labels of a series, a label's name.
const FIRST: u8 = 1 << 3 | 2;
/// The second field, a message or a text: samples of a series, a label's value.
const SECOND: u8 = 2 << 3 | 2;
/// The value of a sample, eight bytes.
const VALUE: u8 = 1 << 3 | 1;
/// The time of a sample, a number of variable length.
const TIME: u8 = 2 << 3;

/// A label's name as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelName(Vec<u8>);

impl LabelName {
    pub(super) fn new(name: &str) -> Self {
        let mut written = Vec::new();
        push_text(&mut written, FIRST, name.as_bytes());
        Self(written)
    }
}

/// Adds a label to a series.
#[inline]
pub(super) fn push_label(series: &mut Vec<u8>, name: &LabelName, value: &[u8]) {
    series.push(FIRST);
    push_number(series, (name.0.len() + 1 + length(value.len() as u64) + value.len()) as u64);
    series.extend_from_slice(&name.0);
    push_text(series, SECOND, value);
}

/// Adds the one sample, at a time in milliseconds since the Unix epoch.
#[inline]
pub(super) fn push_sample(series: &mut Vec<u8>, value: f64, time: u64) {
    series.push(SECOND);
    push_number(series, (1 + 8 + 1 + length(time)) as u64);
    series.push(VALUE);
    series.extend_from_slice(&value.to_le_bytes());
    series.push(TIME);
    push_number(series, time);
}

/// Adds a series to a request.
#[inline]
pub(super) fn push_series(request: &mut Vec<u8>, series: &[u8]) {
    push_text(request, FIRST, series);
}

#[inline]
fn push_text(to: &mut Vec<u8>, field: u8, text: &[u8]) {
    to.push(field);
    push_number(to, text.len() as u64);
    to.extend_from_slice(text);
}

/// Seven bits in each byte, the lowest first.
#[inline]
fn push_number(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is below 128")]
    to.push(number as u8);
}

/// How many bytes a number takes.
#[inline]
fn length(number: u64) -> usize {
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}
