//! The messages of spans.

use super::{KeyValue, Resource, Scope};

/// `ExportTraceServiceRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Request {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) spans: Vec<Span>,
}

#[expect(clippy::struct_field_names, reason = "the names are the protocol's")]
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Span {
    #[prost(bytes = "vec", tag = "1")]
    pub(in super::super) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(in super::super) span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub(in super::super) parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    pub(in super::super) name: String,
    #[prost(enumeration = "SpanKind", tag = "6")]
    pub(in super::super) kind: i32,
    #[prost(fixed64, tag = "7")]
    pub(in super::super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    pub(in super::super) end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    pub(in super::super) attributes: Vec<KeyValue>,
    #[prost(uint32, tag = "10")]
    pub(in super::super) dropped_attributes_count: u32,
    #[prost(message, repeated, tag = "11")]
    pub(in super::super) events: Vec<Event>,
    #[prost(message, optional, tag = "15")]
    pub(in super::super) status: Option<Status>,
    #[prost(fixed32, tag = "16")]
    pub(in super::super) flags: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Event {
    #[prost(fixed64, tag = "1")]
    pub(in super::super) time_unix_nano: u64,
    #[prost(string, tag = "2")]
    pub(in super::super) name: String,
    #[prost(message, repeated, tag = "3")]
    pub(in super::super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Status {
    #[prost(string, tag = "2")]
    pub(in super::super) message: String,
    #[prost(enumeration = "StatusCode", tag = "3")]
    pub(in super::super) code: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(in super::super) enum SpanKind {
    Unspecified = 0,
    Internal = 1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(in super::super) enum StatusCode {
    Unset = 0,
    Ok = 1,
    Error = 2,
}
