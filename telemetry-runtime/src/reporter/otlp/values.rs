//! The types of what operators say.

use std::time::Duration;

use crate::config::Value;

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Grpc,
}

impl Value for Protocol {
    const ALLOWED: &'static str = "`http/protobuf` or `grpc`";

    fn read(text: &str) -> Result<Self, String> {
        match text {
            "http/protobuf" => Ok(Self::Http),
            "grpc" if cfg!(feature = "otlp-grpc") => Ok(Self::Grpc),
            "grpc" => Err("which this program is built without: it takes the feature `otlp-grpc` of telemetry-runtime".into()),
            "http/json" => Err("which this reporter does not speak".into()),
            _ => Err("which is no protocol".into()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Http => "http/protobuf".into(),
            Self::Grpc => "grpc".into(),
        }
    }
}

/// Whether messages are made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
}

impl Value for Compression {
    const ALLOWED: &'static str = "`none` or `gzip`";

    fn read(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            _ => Err("which is no compression".into()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Gzip => "gzip".into(),
        }
    }
}

/// Since when the values that rise are counted in each report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Temporality {
    /// Since the start of the program.
    Cumulative,
    /// Since the last report that arrived. What may fall is cumulative all the same.
    Delta,
}

impl Value for Temporality {
    const ALLOWED: &'static str = "`cumulative`, `delta` or `lowmemory`";

    /// What is low on memory is what has no values to be asked for, as all of ours have none: delta.
    fn read(text: &str) -> Result<Self, String> {
        match text {
            _ if text.eq_ignore_ascii_case("cumulative") => Ok(Self::Cumulative),
            _ if text.eq_ignore_ascii_case("delta") => Ok(Self::Delta),
            _ if text.eq_ignore_ascii_case("lowmemory") => Ok(Self::Delta),
            _ => Err("which is no temporality".into()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Cumulative => "cumulative".into(),
            Self::Delta => "delta".into(),
        }
    }
}

/// Milliseconds, as OpenTelemetry writes durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) struct Milliseconds(pub(super) Duration);

impl Milliseconds {
    /// As a limit, in which 0 stands for none.
    pub(super) fn limit(self) -> Duration {
        const NONE: Duration = Duration::from_hours(24 * 365);
        if self.0.is_zero() { NONE } else { self.0 }
    }
}

impl Value for Milliseconds {
    const ALLOWED: &'static str = "a whole number of milliseconds";

    fn read(text: &str) -> Result<Self, String> {
        let milliseconds = text.parse().map_err(|_| "which is not a whole number")?;
        Ok(Self(Duration::from_millis(milliseconds)))
    }

    fn show(&self) -> String {
        self.0.as_millis().to_string()
    }
}

/// Names between commas, of which this reporter looks for its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exporters {
    text: String,
}

impl Exporters {
    pub(super) fn otlp() -> Self {
        Self { text: "otlp".into() }
    }

    /// Whether this reporter is among them.
    pub(super) fn has_otlp(&self) -> bool {
        self.text.split(',').any(|name| name.trim() == "otlp")
    }
}

impl Value for Exporters {
    const ALLOWED: &'static str = "names as in otlp,console, or `none`";

    fn read(text: &str) -> Result<Self, String> {
        Ok(Self { text: text.into() })
    }

    fn show(&self) -> String {
        self.text.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_milliseconds_and_no_limit_is_zero() {
        let read = |text| Milliseconds::read(text).map(|milliseconds| milliseconds.0);
        assert_eq!(read("10000"), Ok(Duration::from_secs(10)));
        for text in ["10s", "-1", "1.5", ""] {
            read(text).unwrap_err();
        }
        assert_eq!(Milliseconds::read("5").unwrap().limit(), Duration::from_millis(5));
        assert!(Milliseconds::read("0").unwrap().limit() > Duration::from_hours(24));
    }

    #[test]
    fn exporters_are_looked_for_by_name() {
        for (text, is_here) in [("otlp", true), ("console, otlp", true), ("none", false)] {
            assert_eq!(Exporters::read(text).unwrap().has_otlp(), is_here);
        }
    }

    #[test]
    fn what_is_not_spoken_is_refused() {
        Protocol::read("http/json").unwrap_err();
        Compression::read("zstd").unwrap_err();
        Temporality::read("sometimes").unwrap_err();
        assert_eq!(Temporality::read("LowMemory"), Ok(Temporality::Delta));
    }
}
