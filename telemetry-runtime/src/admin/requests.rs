//! The requests that are being answered, from their heads to the ends of their responses.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::watch;

use super::body::Body;

/// Counts the requests of one listener.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    count: watch::Sender<usize>,
}

/// One request, until it is dropped.
#[derive(Debug)]
pub(super) struct Request {
    count: watch::Sender<usize>,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self { count: watch::Sender::new(0) }
    }

    pub(super) fn begin(&self) -> Request {
        self.count.send_modify(|count| *count += 1);
        Request { count: self.count.clone() }
    }

    /// Ready when no request is being answered.
    pub(super) async fn none(&self) {
        // The sender is here, so that there is no error.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Request {
    /// The response's body, which ends the request when it has been sent.
    pub(super) fn until_sent(self, body: Body) -> Body {
        Body::new(Sent { body, _request: self })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

struct Sent {
    body: Body,
    _request: Request,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
