//! Where pushes go, and how: one HTTP/1.1 request on a connection of its own.
//!
//! `https` is not spoken: a proxy beside the program, or the agent that is there already, does that.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, RETRY_AFTER, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::admin::Body;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// So much of an answer is read.
const ANSWER: usize = 16 * 1024;

/// An address and what stands before its paths.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    authority: String,
    host: String,
    port: u16,
    /// Without a slash at the end.
    path: String,
    authorization: Option<HeaderValue>,
}

/// Who pushes, as the receiver wants to know it.
#[derive(Clone, Default)]
pub(super) struct Credentials {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) bearer_token: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    /// The beginning of it.
    pub(super) text: String,
}

impl Endpoint {
    /// # Errors
    /// What is wrong, as one sentence about `name`.
    pub(super) fn new(name: &str, url: &str, credentials: &Credentials) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("{name} is {url:?}, {why}; allowed is a URL, as in http://127.0.0.1:9091")
        };
        if url.contains(char::is_control) {
            return Err(wrong("which has a control character"));
        }
        let uri: Uri = url.parse().map_err(|_| wrong("which is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(wrong("and https is not spoken: name a proxy beside the program"));
            }
            _ => return Err(wrong("which does not begin with http://")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("which names no host"))?;
        if authority.as_str().contains('@') {
            // the URL is shown in the start-up report
            return Err(format!("{name} has a user in it; give user and password by themselves"));
        }
        Ok(Self {
            authority: authority.to_string(),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            path: uri
                .path_and_query()
                .map_or("", |path| path.as_str())
                .trim_end_matches('/')
                .into(),
            authorization: credentials.header(name)?,
        })
    }

    /// Sends one request at a path below, and reads the answer.
    ///
    /// # Errors
    /// Where there is no answer in time.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &'static str)],
        body: Body,
        within: Duration,
    ) -> Result<Answer, BoxError> {
        let path = match (&*self.path, path) {
            ("", "") => "/".to_owned(),
            (base, path) => format!("{base}{path}"),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("telemetry-runtime/", env!("CARGO_PKG_VERSION")));
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body)?;
        let answer = tokio::time::timeout(within, self.exchange(request)).await;
        answer.map_err(|_| format!("no answer from {} within {within:?}", self.authority))?
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, BoxError> {
        let stream = TcpStream::connect((&*self.host, self.port)).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async move {
            let response = sender.send_request(request).await?;
            let (head, body) = response.into_parts();
            let after = head.headers.get(RETRY_AFTER).and_then(retry_after);
            // what is longer is cut off: it is for people
            let text = Limited::new(body, ANSWER).collect().await;
            let text = text.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
            Ok(Answer {
                status: head.status,
                retry_after: after,
                text: String::from_utf8_lossy(&text).trim().to_owned(),
            })
        };
        // the connection lives for this request, and in this task
        tokio::pin!(exchange, connection);
        tokio::select! {
            answer = &mut exchange => answer,
            end = &mut connection => match end {
                Ok(()) => exchange.await,
                Err(error) => Err(error.into()),
            },
        }
    }
}

/// The seconds that the header says.
pub(super) fn retry_after(header: &HeaderValue) -> Option<Duration> {
    let seconds = header.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

impl Credentials {
    fn header(&self, name: &str) -> Result<Option<HeaderValue>, String> {
        let text = match self {
            Self { user: None, password: None, bearer_token: None } => return Ok(None),
            Self { user: None, password: None, bearer_token: Some(token) } => {
                format!("Bearer {token}")
            }
            Self { user: Some(user), password, bearer_token: None } => {
                let password = password.as_deref().unwrap_or_default();
                format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
            }
            _ => {
                return Err(format!(
                    "{name} has credentials that exclude each other; give a user with a password, or a bearer token"
                ));
            }
        };
        let mut header = HeaderValue::try_from(text)
            .map_err(|_| format!("{name} has a bearer token that no header can hold"))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, .. } = self;
        f.debug_struct("Credentials").field("user", user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_parts_or_an_error_that_says_why() {
        let endpoint =
            Endpoint::new("it", "http://[::1]:90/api/", &Credentials::default()).unwrap();
        assert_eq!((&*endpoint.host, endpoint.port, &*endpoint.path), ("::1", 90, "/api"));
        assert_eq!(endpoint.to_string(), "http://[::1]:90/api");
        for (url, why) in [
            ("https://x", "https is not spoken"),
            ("ftp://x", "does not begin with http://"),
            ("", "no URL"),
            // the parser takes it for a letter, and a terminal for the beginning of a sequence
            ("http://x/\u{9b}2J", "control character"),
            ("http://user:secret@x", "has a user in it"),
        ] {
            let error = Endpoint::new("it", url, &Credentials::default()).unwrap_err();
            assert!(error.contains(why) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn credentials_are_one_header_or_exclude_each_other() {
        let text = |text: &str| Some(text.to_owned());
        let user = Credentials { user: text("u"), password: text("p"), bearer_token: None };
        assert_eq!(user.header("it").unwrap().unwrap(), "Basic dTpw");
        let token = Credentials { bearer_token: text("t"), ..Credentials::default() };
        assert_eq!(token.header("it").unwrap().unwrap(), "Bearer t");
        let both = Credentials { bearer_token: text("t"), ..user };
        assert!(both.header("it").unwrap_err().contains("exclude each other"));
        assert!(!format!("{both:?}").contains('p'.to_string().repeat(2).as_str()));
    }
}
