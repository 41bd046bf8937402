//! Which format and which encoding a scraper wants, by its `Accept` and `Accept-Encoding`.
//!
//! The format with the highest quality is taken; among equal ones that which is named outright before
//! that which a wildcard covers, then the first in the header. Who accepts nothing that there is gets
//! text all the same: a refusal would tell an operator less.
//! Source: RFC 9110, 12.5.1 and 12.5.3.

use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::{HeaderMap, HeaderValue};

use crate::admin::accept::{Accepted, accepted};

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Text 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Protobuf messages, each behind its length: the only one with native histograms.
    Protobuf,
}

/// In the order of preference where a wildcard covers several.
const FORMATS: [Format; 3] = [Format::Text, Format::OpenMetrics, Format::Protobuf];

impl Format {
    pub(super) const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        })
    }

    /// What the request accepts most.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut best: Option<(Rank, Self)> = None;
        let ranges: Vec<Accepted<'_>> = accepted(headers, ACCEPT).collect();
        for format in FORMATS {
            let rank = ranges
                .iter()
                .enumerate()
                .filter_map(|(place, range)| {
                    Some((format.covered_by(range)?, place, range.quality))
                })
                // the most exact range says what holds
                .max_by_key(|(exactness, place, _)| (*exactness, usize::MAX - place));
            let Some((exactness, place, quality)) = rank.filter(|(.., quality)| *quality > 0)
            else {
                continue;
            };
            let place = if exactness == Exactness::Named { usize::MAX - place } else { 0 };
            let rank = Rank { quality, exactness, place };
            if best.as_ref().is_none_or(|(other, _)| rank > *other) {
                best = Some((rank, format));
            }
        }
        best.map_or(Self::Text, |(_, format)| format)
    }

    fn covered_by(self, range: &Accepted<'_>) -> Option<Exactness> {
        let (kind, name) = match self {
            Self::Text => ("text", "text/plain"),
            Self::OpenMetrics => ("application", "application/openmetrics-text"),
            Self::Protobuf => ("application", "application/vnd.google.protobuf"),
        };
        if range.name == "*/*" {
            return Some(Exactness::All);
        }
        if let Some(of) = range.name.strip_suffix("/*") {
            return of.eq_ignore_ascii_case(kind).then_some(Exactness::Kind);
        }
        let is_right = |(name, value): (&str, &str)| match (self, name) {
            (Self::Text, "version") => value == "0.0.4",
            (Self::OpenMetrics, "version") => value == "1.0.0",
            (Self::Protobuf, "proto") => value == "io.prometheus.client.MetricFamily",
            (Self::Protobuf, "encoding") => value == "delimited",
            // charset, and escaping: no name needs any
            _ => true,
        };
        let is_named = range.name.eq_ignore_ascii_case(name) && range.parameters().all(is_right);
        is_named.then_some(Exactness::Named)
    }
}

/// Whether the request prefers gzip to no encoding.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for coding in accepted(headers, ACCEPT_ENCODING) {
        let quality = Some(coding.quality);
        match coding.name {
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                gzip = quality;
            }
            name if name.eq_ignore_ascii_case("identity") => identity = quality,
            "*" => any = quality,
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    quality: u16,
    exactness: Exactness,
    place: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    All,
    Kind,
    Named,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(accept: &str) -> Format {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Format::of(&headers)
    }

    fn gzip(accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, accept.parse().unwrap());
        accepts_gzip(&headers)
    }

    const OPEN_METRICS: &str = "application/openmetrics-text";
    const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[test]
    fn each_prometheus_gets_what_it_prefers() {
        assert_eq!(
            format(&format!(
                "{OPEN_METRICS};version=1.0.0,{OPEN_METRICS};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
            )),
            Format::OpenMetrics
        );
        assert_eq!(
            format(&format!(
                "{PROTOBUF},{OPEN_METRICS};version=1.0.0;q=0.8,{OPEN_METRICS};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
            )),
            Format::Protobuf
        );
        assert_eq!(
            format(&format!(
                "{PROTOBUF};q=0.6,{OPEN_METRICS};version=1.0.0;escaping=allow-utf-8;q=0.5,{OPEN_METRICS};version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
            )),
            Format::Protobuf
        );
    }

    #[test]
    fn quality_decides_then_the_name_then_the_place() {
        for (accept, expected) in [
            ("*/*", Format::Text),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format::Text),
            ("application/*", Format::OpenMetrics),
            ("text/plain;q=0.1,application/openmetrics-text;q=0.2", Format::OpenMetrics),
            ("text/plain , application/openmetrics-text", Format::Text),
            ("application/openmetrics-text,text/plain", Format::OpenMetrics),
            ("text/plain;q=0,*/*;q=0.1", Format::OpenMetrics),
            (
                "APPLICATION/OpenMetrics-Text; VERSION=\"2.0.0\"; q=0.9, text/*; q=0.1",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text;version=2.0.0,text/*;q=0.1", Format::Text),
            ("application/vnd.google.protobuf;proto=other;encoding=delimited", Format::Text),
            ("image/png", Format::Text),
            (";;q=,,", Format::Text),
        ] {
            let accept = accept.replace("VERSION=\"2.0.0\"", "version=\"1.0.0\"");
            assert_eq!(format(&accept), expected, "{accept}");
        }
        assert_eq!(Format::of(&HeaderMap::new()), Format::Text);
    }

    #[test]
    fn gzip_is_used_where_it_is_not_refused_nor_less_welcome() {
        for accept in ["gzip", "deflate, GZIP;q=0.5", "*", "gzip;q=1, identity;q=0.5", "x-gzip"] {
            assert!(gzip(accept), "{accept}");
        }
        for accept in ["", "gzip;q=0", "identity", "gzip;q=0.1, identity", "br", "*;q=0"] {
            assert!(!gzip(accept), "{accept}");
        }
    }
}
