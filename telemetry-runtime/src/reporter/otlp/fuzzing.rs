//! What is fuzzed of OTLP: see [`crate::fuzzing`].

use std::time::{Duration, SystemTime};

use http::{HeaderValue, StatusCode};
use prost::Message as _;
use telemetry::{Execution, SpanContext};

use super::answer::Answer;
use super::endpoint::Endpoint;
use super::headers::Headers;
use super::message::Resource;
use super::metrics::Encoder;
use super::resource::Packages;
use super::sampler::SamplerKind;
use super::values::{Compression, Exporters, Milliseconds, Protocol, Temporality};
use super::{client, retry, spans};
use crate::config::fuzzing::{Read, shown};
use crate::store::snapshot::Snapshot;

pub(crate) const SETTINGS: [(&str, Read); 8] = [
    ("otlp endpoint", shown::<Endpoint>),
    ("headers", shown::<Headers>),
    ("sampler", shown::<SamplerKind>),
    ("compression", shown::<Compression>),
    ("exporters", shown::<Exporters>),
    ("milliseconds", shown::<Milliseconds>),
    ("protocol", shown::<Protocol>),
    ("temporality", shown::<Temporality>),
];

/// The messages of each of these reports, and how many points they are said to have.
pub fn reports(rounds: &[Snapshot], is_delta: bool) -> Vec<Vec<(Vec<u8>, u64)>> {
    let temporality = if is_delta { Temporality::Delta } else { Temporality::Cumulative };
    let mut encoder = Encoder::new(Resource::default(), Packages::linked(), temporality);
    let report = |snapshot: &Snapshot| {
        let mut cursor = encoder.begin();
        let mut messages = Vec::new();
        while let Some(part) = encoder.part(snapshot, &mut cursor, Vec::new) {
            messages.push((part.message(), part.points));
            encoder.arrived(part);
        }
        encoder.complete(snapshot);
        messages
    };
    rounds.iter().map(report).collect()
}

/// The message of a span that ends with an execution.
pub fn span(execution: &Execution<'_>, context: SpanContext, is_exception: bool) -> Vec<u8> {
    spans::ended(execution, context, is_exception).encode_to_vec()
}

/// How many were rejected of a request that was accepted, and what is told of it.
pub fn accepted(body: &[u8]) -> (u64, String) {
    match client::accepted(body) {
        Answer::Accepted { rejected, message } => (rejected, message),
        other => (0, format!("{other:?}")),
    }
}

/// What is told of a request that was not.
pub fn refused(status: StatusCode, body: &[u8]) -> String {
    client::words(status, body)
}

/// How long a receiver wants not to be asked.
pub fn retry_after(header: &HeaderValue, now: SystemTime) -> Option<Duration> {
    retry::retry_after(header, now)
}
