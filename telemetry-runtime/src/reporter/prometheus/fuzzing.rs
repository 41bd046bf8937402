//! What is fuzzed of Prometheus' formats: see [`crate::fuzzing`].

use http::HeaderMap;

use super::endpoint::{Credentials, Endpoint};
use super::labels::LabelCache;
use super::negotiation::{self, Format};
use super::page::Page;
pub use super::remote_write::fuzzing::{bodies, rest};
use crate::exposition;
use crate::store::snapshot::{Metric, Snapshot};

/// What the formats are called, in the order by which they are known here.
pub const FORMATS: [&str; 3] =
    ["text/plain", "application/openmetrics-text", "application/vnd.google.protobuf"];

const BY_PLACE: [Format; 3] = [Format::Text, Format::OpenMetrics, Format::Protobuf];

/// Two expositions in the format at this place, of which the second may have the labels of the first.
pub fn pages(snapshot: &Snapshot, place: usize, label_bytes: usize) -> [Vec<u8>; 2] {
    let labels = LabelCache::new(label_bytes);
    [(); 2].map(|()| {
        let mut page = Page::new(snapshot, BY_PLACE[place], true, labels.clone(), None);
        let (mut whole, mut piece) = (Vec::new(), Vec::new());
        loop {
            let goes_on = page.write(snapshot, &mut piece);
            whole.append(&mut piece);
            if !goes_on {
                return whole;
            }
        }
    })
}

/// The place of the format that a scraper wants, and whether it wants it compressed.
pub fn negotiated(headers: &HeaderMap) -> (usize, bool) {
    let wanted = Format::of(headers);
    let place = BY_PLACE.iter().position(|format| *format == wanted).unwrap_or(BY_PLACE.len());
    (place, negotiation::accepts_gzip(headers))
}

/// The unit behind the metric's name.
pub fn unit(metric: &Metric) -> Option<&'static str> {
    exposition::prometheus_unit(metric)
}

pub(crate) fn endpoint(text: &str) -> Result<String, String> {
    Endpoint::new("it", text, &Credentials::default()).map(|endpoint| endpoint.to_string())
}
