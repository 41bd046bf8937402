//! The messages of metrics.

use super::{KeyValue, Resource, Scope};

/// `ExportMetricsServiceRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Request {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) resource_metrics: Vec<ResourceMetrics>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct ResourceMetrics {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct ScopeMetrics {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Metric {
    #[prost(string, tag = "1")]
    pub(in super::super) name: String,
    #[prost(string, tag = "2")]
    pub(in super::super) description: String,
    #[prost(string, tag = "3")]
    pub(in super::super) unit: String,
    #[prost(oneof = "Data", tags = "5, 7, 9, 10, 11")]
    pub(in super::super) data: Option<Data>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(in super::super) enum Data {
    #[prost(message, tag = "5")]
    Gauge(Gauge),
    #[prost(message, tag = "7")]
    Sum(Sum),
    #[prost(message, tag = "9")]
    Histogram(Histogram),
    #[prost(message, tag = "10")]
    ExponentialHistogram(ExponentialHistogram),
    #[prost(message, tag = "11")]
    Summary(Summary),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Gauge {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) data_points: Vec<NumberPoint>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Sum {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) data_points: Vec<NumberPoint>,
    #[prost(enumeration = "AggregationTemporality", tag = "2")]
    pub(in super::super) aggregation_temporality: i32,
    #[prost(bool, tag = "3")]
    pub(in super::super) is_monotonic: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Histogram {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) data_points: Vec<HistogramPoint>,
    #[prost(enumeration = "AggregationTemporality", tag = "2")]
    pub(in super::super) aggregation_temporality: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct ExponentialHistogram {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) data_points: Vec<ExponentialPoint>,
    #[prost(enumeration = "AggregationTemporality", tag = "2")]
    pub(in super::super) aggregation_temporality: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) data_points: Vec<SummaryPoint>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct NumberPoint {
    #[prost(fixed64, tag = "2")]
    pub(in super::super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    pub(in super::super) time_unix_nano: u64,
    #[prost(oneof = "Value", tags = "4, 6")]
    pub(in super::super) value: Option<Value>,
    #[prost(message, repeated, tag = "7")]
    pub(in super::super) attributes: Vec<KeyValue>,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub(in super::super) enum Value {
    #[prost(double, tag = "4")]
    Float(f64),
    #[prost(sfixed64, tag = "6")]
    Integer(i64),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct HistogramPoint {
    #[prost(fixed64, tag = "2")]
    pub(in super::super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    pub(in super::super) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    pub(in super::super) count: u64,
    #[prost(double, optional, tag = "5")]
    pub(in super::super) sum: Option<f64>,
    #[prost(fixed64, repeated, tag = "6")]
    pub(in super::super) bucket_counts: Vec<u64>,
    #[prost(double, repeated, tag = "7")]
    pub(in super::super) explicit_bounds: Vec<f64>,
    #[prost(message, repeated, tag = "8")]
    pub(in super::super) exemplars: Vec<Exemplar>,
    #[prost(message, repeated, tag = "9")]
    pub(in super::super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct ExponentialPoint {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    pub(in super::super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    pub(in super::super) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    pub(in super::super) count: u64,
    #[prost(double, optional, tag = "5")]
    pub(in super::super) sum: Option<f64>,
    #[prost(sint32, tag = "6")]
    pub(in super::super) scale: i32,
    #[prost(fixed64, tag = "7")]
    pub(in super::super) zero_count: u64,
    #[prost(message, optional, tag = "8")]
    pub(in super::super) positive: Option<Buckets>,
    #[prost(message, optional, tag = "9")]
    pub(in super::super) negative: Option<Buckets>,
    #[prost(message, repeated, tag = "11")]
    pub(in super::super) exemplars: Vec<Exemplar>,
}

/// Counts of buckets side by side, the first of which is number `offset`.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Buckets {
    #[prost(sint32, tag = "1")]
    pub(in super::super) offset: i32,
    #[prost(uint64, repeated, tag = "2")]
    pub(in super::super) bucket_counts: Vec<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct SummaryPoint {
    #[prost(fixed64, tag = "2")]
    pub(in super::super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    pub(in super::super) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    pub(in super::super) count: u64,
    #[prost(double, tag = "5")]
    pub(in super::super) sum: f64,
    #[prost(message, repeated, tag = "6")]
    pub(in super::super) quantile_values: Vec<ValueAtQuantile>,
    #[prost(message, repeated, tag = "7")]
    pub(in super::super) attributes: Vec<KeyValue>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(in super::super) struct ValueAtQuantile {
    #[prost(double, tag = "1")]
    pub(in super::super) quantile: f64,
    #[prost(double, tag = "2")]
    pub(in super::super) value: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Exemplar {
    #[prost(fixed64, tag = "2")]
    pub(in super::super) time_unix_nano: u64,
    #[prost(double, optional, tag = "3")]
    pub(in super::super) value: Option<f64>,
    #[prost(bytes = "vec", tag = "4")]
    pub(in super::super) span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub(in super::super) trace_id: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(in super::super) enum AggregationTemporality {
    Unspecified = 0,
    Delta = 1,
    Cumulative = 2,
}
