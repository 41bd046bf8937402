//! The two languages that StatsD receivers speak.

use crate::config::Value;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// That of the first StatsD, which all receivers understand: `name:value|type`. It knows no tags:
    /// their values are further segments of the name, those that all series have first. Distributions
    /// and summaries are timers, `ms`.
    /// Source: <https://github.com/statsd/statsd/blob/master/docs/metric_types.md>.
    #[default]
    Standard,
    /// Datadog's: with tags, with distributions (`d`) and histograms (`h`, of summaries), and with
    /// several values in a line.
    /// Source: <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/>, version 1.1.
    DogStatsd,
}

impl Dialect {
    /// What receivers call the samples of a distribution.
    pub(super) fn distribution(self) -> &'static str {
        match self {
            Self::Standard => "ms",
            Self::DogStatsd => "d",
        }
    }

    /// What receivers call the samples of a summary.
    pub(super) fn summary(self) -> &'static str {
        match self {
            Self::Standard => "ms",
            Self::DogStatsd => "h",
        }
    }

    /// How many samples of one series a report is made of, about: receivers of the standard dialect
    /// find percentiles among samples as if each stood for one measurement, so they need many of one
    /// weight; others weigh them, and one for each bucket is enough.
    pub(super) fn samples(self) -> Option<u64> {
        match self {
            Self::Standard => Some(100),
            Self::DogStatsd => None,
        }
    }

    /// How many values may stand in one line.
    pub(super) fn values_per_line(self) -> usize {
        match self {
            Self::Standard => 1,
            Self::DogStatsd => usize::MAX,
        }
    }
}

impl Value for Dialect {
    const ALLOWED: &'static str = "`standard` or `dogstatsd`";

    fn read(text: &str) -> Result<Self, String> {
        match text {
            "standard" => Ok(Self::Standard),
            "dogstatsd" => Ok(Self::DogStatsd),
            _ => Err("which is no dialect".into()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Standard => "standard".into(),
            Self::DogStatsd => "dogstatsd".into(),
        }
    }
}
