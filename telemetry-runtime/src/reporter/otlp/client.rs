//! One request over HTTP, on a connection of its own.
//!
//! A report is sent once in a while, and a connection that rests between two is one more thing that may
//! have gone silently. What is read of an answer is bounded.

use std::fmt;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use tokio::net::TcpStream;

use super::answer::Answer;
use super::message::{Accepted, Status};
use super::retry::retry_after;
use super::settings::Target;
use super::values::Compression;

/// The bytes of an answer that are read.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The bytes of an answer's words that are told.
const LONGEST_WORDS: usize = 300;

/// Sends one message, and reads the answer.
pub(super) async fn post(target: &Target, body: Bytes) -> Answer {
    match exchange(target, body).await {
        Ok(answer) => answer,
        Err(error) => Answer::Unanswered(error.to_string()),
    }
}

/// # Errors
/// Where there is no whole answer.
async fn exchange(
    target: &Target,
    body: Bytes,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let endpoint = &target.endpoint;
    let stream = TcpStream::connect(endpoint.address()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, so that nothing is left behind.
    let connection = Aborted(tokio::spawn(connection));
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.path().clone().into();
    let headers = request.headers_mut();
    headers.extend(target.headers.map.clone());
    headers.insert(header::HOST, HeaderValue::from_str(endpoint.authority().as_str())?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if target.compression == Compression::Gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let response = sender.send_request(request).await?;
    let (parts, body) = response.into_parts();
    let body = read(body).await?;
    drop(connection);
    let after = parts.headers.get(header::RETRY_AFTER);
    let after = after.and_then(|after| retry_after(after, SystemTime::now()));
    Ok(match parts.status {
        status if status.is_success() => accepted(&body),
        status @ (StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT) => Answer::Later { why: words(status, &body), after },
        status => Answer::Refused(words(status, &body)),
    })
}

/// What sends, as the protocol's specification wants it named.
pub(super) const USER_AGENT: &str =
    concat!("OTel-OTLP-Exporter-Rust-telemetry-runtime/", env!("CARGO_PKG_VERSION"));

/// # Errors
/// Where the answer breaks off or is too long.
async fn read(mut body: Incoming) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if read.len() + data.len() > LONGEST_ANSWER {
                return Err("the answer is longer than any that the protocol has".into());
            }
            read.extend_from_slice(&data);
        }
    }
    Ok(read.freeze())
}

/// Of a success, what was rejected. An answer that is no message, as some receivers give, rejects
/// nothing.
pub(super) fn accepted(body: &[u8]) -> Answer {
    let accepted = Accepted::decode(body).unwrap_or_default();
    let partial = accepted.partial_success.unwrap_or_default();
    Answer::Accepted {
        rejected: u64::try_from(partial.rejected).unwrap_or(0),
        message: shortened(&partial.error_message),
    }
}

/// The status, and what the receiver says of it.
pub(super) fn words(status: StatusCode, body: &[u8]) -> String {
    let said = match Status::decode(body) {
        Ok(said) if !said.message.is_empty() => said.message,
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let said = shortened(&said);
    if said.is_empty() {
        format!("it answered {status}")
    } else {
        format!("it answered {status}: {said}")
    }
}

/// In one line, and no longer than can be read.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim();
    let end = text.floor_char_boundary(LONGEST_WORDS.min(text.len()));
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A task that ends with this.
struct Aborted<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Aborted<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> fmt::Debug for Aborted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aborted")
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::PartialSuccess;
    use super::*;

    #[test]
    fn partial_success_is_read_and_garbage_rejects_nothing() {
        let partial = PartialSuccess { rejected: 3, error_message: "too old".into() };
        let body = Accepted { partial_success: Some(partial) }.encode_to_vec();
        let message = "too old".to_owned();
        assert_eq!(accepted(&body), Answer::Accepted { rejected: 3, message });
        let nothing = Answer::Accepted { rejected: 0, message: String::new() };
        for body in [&b""[..], b"<html>hello</html>", b"\xff\xff\xff"] {
            assert_eq!(accepted(body), nothing);
        }
    }

    #[test]
    fn what_the_receiver_says_is_told_in_one_short_line() {
        let status = Status { code: 3, message: "no\nsuch tenant".into() };
        let said = words(StatusCode::BAD_REQUEST, &status.encode_to_vec());
        assert_eq!(said, "it answered 400 Bad Request: no such tenant");
        assert!(words(StatusCode::BAD_REQUEST, "ü".repeat(10_000).as_bytes()).len() < 400);
        assert_eq!(words(StatusCode::NOT_FOUND, b""), "it answered 404 Not Found");
    }
}
