//! Prometheus: the metrics as text, when somebody asks.

mod text;
mod vitals;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::{Method, Request, Response, StatusCode, header};
use tower_service::Service;

use super::selection::selects;
use super::{Reporter, Selection, Start};
use crate::admin::Body;
use crate::error::Error;
use crate::store::snapshot::Snapshots;

/// Serves the metrics on the admin listener, in Prometheus' text format 0.0.4.
///
/// Names follow the metrics': `my_app.orders.placed.count` is `my_app_orders_placed_total`.
/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
#[derive(Debug, Clone)]
pub struct Prometheus {
    path: String,
    selection: Selection,
}

impl Prometheus {
    /// Answers at `/metrics`.
    pub fn new() -> Self {
        Self { path: "/metrics".into(), selection: Selection::all() }
    }

    /// Answers at another path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    selects!();
}

impl Default for Prometheus {
    fn default() -> Self {
        Self::new()
    }
}

impl Reporter for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        let scrape = Scrape { snapshots: start.snapshots() };
        start.mount("metrics", &self.path, scrape)
    }
}

/// Answers one scrape.
#[derive(Debug, Clone)]
struct Scrape {
    snapshots: Snapshots,
}

impl Service<Request<Body>> for Scrape {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut response = if matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = Response::new(Body::from(text::render(&self.snapshots.take())));
            let content_type = header::HeaderValue::from_static(text::CONTENT_TYPE);
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            response
        } else {
            let mut response = Response::new(Body::from("metrics are read with GET\n"));
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            let allow = header::HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allow);
            response
        };
        let no_store = header::HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
        ready(Ok(response))
    }
}
