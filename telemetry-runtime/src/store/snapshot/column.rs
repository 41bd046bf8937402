//! The values of all series of a metric, side by side.

use std::sync::Arc;

use super::super::exponential::Exponential;
use super::value::{SeriesValue, Summary, Total};

/// One value for each number of a series.
#[derive(Debug, Clone)]
pub(in super::super) enum Column {
    /// The executions, which all metrics of a group have in common.
    Counter(Arc<Vec<u64>>),
    /// `None` where there was no measurement yet.
    Sum(Vec<Option<Total>>),
    LastValue(Vec<Option<Total>>),
    /// So many counts for each series, and the sums.
    Fixed {
        width: usize,
        counts: Vec<u64>,
        sums: Vec<Total>,
    },
    Exponential(Vec<Option<(Exponential, Total)>>),
    Summary(Vec<Option<Summary>>),
}

impl Column {
    pub(super) fn value(&self, number: u32) -> Option<SeriesValue<'_>> {
        let place = number as usize;
        match self {
            Self::Counter(counts) => counts.get(place).copied().map(SeriesValue::Counter),
            Self::Sum(sums) => (*sums.get(place)?).map(SeriesValue::Sum),
            Self::LastValue(values) => (*values.get(place)?).map(SeriesValue::LastValue),
            Self::Fixed { width, counts, sums } => {
                let counts = counts.get(place * width..(place + 1) * width)?;
                Some(SeriesValue::Distribution { counts, sum: *sums.get(place)? })
            }
            Self::Exponential(values) => {
                let (buckets, sum) = values.get(place)?.as_ref()?;
                Some(SeriesValue::Exponential { buckets, sum: *sum })
            }
            Self::Summary(values) => values.get(place)?.as_ref().map(SeriesValue::Summary),
        }
    }
}
