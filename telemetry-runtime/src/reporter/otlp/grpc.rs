//! One request by gRPC, with the feature `otlp-grpc`.
//!
//! Messages are encoded before, so that what is sent again is the same bytes; the connection is tonic's,
//! made at the first request and again whenever it is gone.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response>.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use prost::Message as _;
use tokio::sync::OnceCell;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport;
use tonic::{Code, Request};

use super::answer::Answer;
use super::client::{USER_AGENT, accepted, shortened};
use super::retry::within_bounds;
use super::settings::Target;
use super::values::Compression;
use crate::config::Value as _;

/// The connection to a receiver.
pub(super) struct Channel {
    channel: OnceCell<transport::Channel>,
}

impl Channel {
    /// Connects at the first request, within the runtime.
    pub(super) fn new() -> Self {
        Self { channel: OnceCell::new() }
    }

    /// Sends one message, and reads the answer.
    pub(super) async fn call(&self, target: &Target, body: Bytes) -> Answer {
        let connect = || async {
            let endpoint = transport::Endpoint::from_shared(target.endpoint.show())?;
            Ok::<_, transport::Error>(endpoint.user_agent(USER_AGENT)?.connect_lazy())
        };
        let channel = match self.channel.get_or_try_init(connect).await {
            Ok(channel) => channel.clone(),
            Err(error) => return Answer::Refused(with_causes(&error)),
        };
        let mut client = tonic::client::Grpc::new(channel);
        if target.compression == Compression::Gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        client = client.accept_compressed(CompressionEncoding::Gzip);
        if let Err(error) = client.ready().await {
            return Answer::Unanswered(with_causes(&error));
        }
        let headers = MetadataMap::from_headers(target.headers.map.clone());
        let request = Request::from_parts(headers, tonic::Extensions::default(), body);
        let method = http::uri::PathAndQuery::from_static(target.signal.method());
        match client.unary(request, method, Encoded).await {
            Ok(response) => accepted(response.get_ref()),
            Err(status) => answer(&status),
        }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Channel")
    }
}

/// Whether it is worth another try: by the protocol's table of codes.
fn answer(status: &tonic::Status) -> Answer {
    if let Some(source) = status.source() {
        return Answer::Unanswered(with_causes(source));
    }
    let after = retry_delay(status.details());
    let why = match shortened(status.message()) {
        message if message.is_empty() => format!("it answered {:?}", status.code()),
        message => format!("it answered {:?}: {message}", status.code()),
    };
    match status.code() {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Answer::Later { why, after },
        // It says that it will recover by saying when.
        Code::ResourceExhausted if after.is_some() => Answer::Later { why, after },
        _ => Answer::Refused(why),
    }
}

/// An error in one line, with what is behind it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    shortened(&text)
}

/// `google.rpc.Status`, as far as its details go.
#[derive(Clone, PartialEq, prost::Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// After which time the receiver wants to be asked again, if it says so.
fn retry_delay(details: &[u8]) -> Option<Duration> {
    let details = Details::decode(details).ok()?.details;
    let info =
        details.into_iter().find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(&info.value[..]).ok()?.retry_delay?;
    let seconds = u64::try_from(delay.seconds).ok()?;
    let nanoseconds = u32::try_from(delay.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(within_bounds(Duration::new(seconds, nanoseconds)))
}

/// Messages that are bytes already.
#[derive(Debug, Clone, Copy)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, message: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        to.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(type_url: &str, seconds: i64, nanos: i32) -> Bytes {
        let info = RetryInfo { retry_delay: Some(Delay { seconds, nanos }) };
        let detail = Detail { type_url: type_url.into(), value: info.encode_to_vec() };
        Details { details: vec![detail] }.encode_to_vec().into()
    }

    const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

    #[test]
    fn codes_are_tried_again_as_the_protocol_has_it() {
        for code in 1..=16 {
            let code = Code::from_i32(code);
            let is_later = matches!(answer(&tonic::Status::new(code, "")), Answer::Later { .. });
            let expected = [1, 4, 10, 11, 14, 15].map(Code::from_i32).contains(&code);
            assert_eq!(is_later, expected, "{code:?}");
        }
    }

    #[test]
    fn who_is_exhausted_is_tried_again_only_when_it_says_when() {
        let with = |details| tonic::Status::with_details(Code::ResourceExhausted, "full", details);
        let why = "it answered ResourceExhausted: full".to_owned();
        let after = Some(Duration::from_millis(1_500));
        assert_eq!(
            answer(&with(details(RETRY_INFO, 1, 500_000_000))),
            Answer::Later { why: why.clone(), after }
        );
        for bad in [
            details("type.googleapis.com/google.rpc.BadRequest", 1, 0),
            details(RETRY_INFO, -1, 0),
            details(RETRY_INFO, 1, i32::MAX),
            Bytes::from_static(b"\xff"),
            Bytes::new(),
        ] {
            assert_eq!(answer(&with(bad)), Answer::Refused(why.clone()));
        }
        let long = details(RETRY_INFO, i64::MAX, 0);
        assert!(
            matches!(answer(&with(long)), Answer::Later { after, .. } if after == Some(Duration::from_hours(1)))
        );
    }
}
