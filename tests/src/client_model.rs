//! Prometheus' protobuf messages as a reader has them: one `MetricFamily` is one message here, unlike
//! with the one who writes them.
//!
//! Source: `io/prometheus/client/metrics.proto` of <https://github.com/prometheus/client_model>.

use prost::Message;

/// A metric with its series.
#[derive(Clone, PartialEq, Message)]
pub struct MetricFamily {
    /// With the suffix of counters.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What it tells.
    #[prost(string, tag = "2")]
    pub help: String,
    /// 0 is a counter, 1 a gauge, 2 a summary, 4 a histogram.
    #[prost(int32, optional, tag = "3")]
    pub kind: Option<i32>,
    /// Its series.
    #[prost(message, repeated, tag = "4")]
    pub metric: Vec<Metric>,
    /// Its unit.
    #[prost(string, tag = "5")]
    pub unit: String,
}

/// One series.
#[derive(Clone, PartialEq, Message)]
pub struct Metric {
    /// Its labels.
    #[prost(message, repeated, tag = "1")]
    pub label: Vec<LabelPair>,
    /// Of a gauge.
    #[prost(message, optional, tag = "2")]
    pub gauge: Option<Gauge>,
    /// Of a counter.
    #[prost(message, optional, tag = "3")]
    pub counter: Option<Counter>,
    /// Of a summary.
    #[prost(message, optional, tag = "4")]
    pub summary: Option<Summary>,
    /// Of a histogram.
    #[prost(message, optional, tag = "7")]
    pub histogram: Option<Histogram>,
}

/// A label.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct LabelPair {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// What may fall.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Gauge {
    /// Its value.
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
}

/// What only rises.
#[derive(Clone, PartialEq, Message)]
pub struct Counter {
    /// Its value.
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
    /// A recent measurement.
    #[prost(message, optional, tag = "2")]
    pub exemplar: Option<Exemplar>,
    /// Since when it counts.
    #[prost(message, optional, tag = "3")]
    pub created_timestamp: Option<Timestamp>,
}

/// Count, sum and quantiles.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// How many.
    #[prost(uint64, optional, tag = "1")]
    pub sample_count: Option<u64>,
    /// Their sum.
    #[prost(double, optional, tag = "2")]
    pub sample_sum: Option<f64>,
    /// Their quantiles.
    #[prost(message, repeated, tag = "3")]
    pub quantile: Vec<Quantile>,
    /// Since when it counts.
    #[prost(message, optional, tag = "4")]
    pub created_timestamp: Option<Timestamp>,
}

/// A quantile.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Quantile {
    /// Between 0 and 1.
    #[prost(double, optional, tag = "1")]
    pub quantile: Option<f64>,
    /// Its value.
    #[prost(double, optional, tag = "2")]
    pub value: Option<f64>,
}

/// A histogram, with classic buckets or with native ones.
#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    /// How many.
    #[prost(uint64, optional, tag = "1")]
    pub sample_count: Option<u64>,
    /// Their sum.
    #[prost(double, optional, tag = "2")]
    pub sample_sum: Option<f64>,
    /// The classic buckets.
    #[prost(message, repeated, tag = "3")]
    pub bucket: Vec<Bucket>,
    /// Of native ones: an octave has 2 to the power of this.
    #[prost(sint32, optional, tag = "5")]
    pub schema: Option<i32>,
    /// How wide the bucket of zero is.
    #[prost(double, optional, tag = "6")]
    pub zero_threshold: Option<f64>,
    /// How many are in the bucket of zero.
    #[prost(uint64, optional, tag = "7")]
    pub zero_count: Option<u64>,
    /// Runs of buckets of negative measurements.
    #[prost(message, repeated, tag = "9")]
    pub negative_span: Vec<BucketSpan>,
    /// Their counts, each less the one before.
    #[prost(sint64, repeated, tag = "10")]
    pub negative_delta: Vec<i64>,
    /// Runs of buckets of positive measurements.
    #[prost(message, repeated, tag = "12")]
    pub positive_span: Vec<BucketSpan>,
    /// Their counts, each less the one before.
    #[prost(sint64, repeated, tag = "13")]
    pub positive_delta: Vec<i64>,
    /// Since when it counts.
    #[prost(message, optional, tag = "15")]
    pub created_timestamp: Option<Timestamp>,
    /// Recent measurements, where the buckets are native.
    #[prost(message, repeated, tag = "16")]
    pub exemplars: Vec<Exemplar>,
}

/// A classic bucket.
#[derive(Clone, PartialEq, Message)]
pub struct Bucket {
    /// How many are not above the bound.
    #[prost(uint64, optional, tag = "1")]
    pub cumulative_count: Option<u64>,
    /// The bound.
    #[prost(double, optional, tag = "2")]
    pub upper_bound: Option<f64>,
    /// A recent measurement of it.
    #[prost(message, optional, tag = "3")]
    pub exemplar: Option<Exemplar>,
}

/// A run of native buckets.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct BucketSpan {
    /// Of the first one its number, of others how many are between it and the one before.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// How many buckets.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

/// A measurement with the span in which it was made.
#[derive(Clone, PartialEq, Message)]
pub struct Exemplar {
    /// Which span.
    #[prost(message, repeated, tag = "1")]
    pub label: Vec<LabelPair>,
    /// The measurement.
    #[prost(double, optional, tag = "2")]
    pub value: Option<f64>,
    /// When.
    #[prost(message, optional, tag = "3")]
    pub timestamp: Option<Timestamp>,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Timestamp {
    /// Since the Unix epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// The rest.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
