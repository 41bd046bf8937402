//! The service that answers scrapes.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tower_service::Service;

use super::body::Streamed;
use super::labels::LabelCache;
use super::negotiation::{Format, accepts_gzip};
use super::page::Page;
use super::vitals::Scrapes;
use crate::admin::Body;
use crate::store::snapshot::Snapshots;

/// In which a scraper says for how long it waits, in seconds.
const TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";

/// Answers scrapes: `GET` and `HEAD` at whatever path it is mounted.
///
/// [`Prometheus`](super::Prometheus) mounts one on the admin listener, and
/// [`Prometheus::service`](super::Prometheus::service) gives one for a router of yours. It is a
/// `tower_service::Service` of requests with any body. Clones share what they keep.
#[derive(Clone)]
pub struct PrometheusService {
    shared: Arc<Shared>,
}

struct Shared {
    snapshots: Snapshots,
    created: bool,
    before: Vec<Before>,
    labels: Arc<LabelCache>,
    scrapes: Arc<Scrapes>,
}

/// What is called before each scrape.
pub(super) type Before = Arc<dyn Fn() + Send + Sync>;

impl PrometheusService {
    pub(super) fn new(
        snapshots: Snapshots,
        created: bool,
        before: Vec<Before>,
        label_bytes: usize,
    ) -> Self {
        let (labels, scrapes) = (LabelCache::new(label_bytes), Arc::default());
        Self { shared: Arc::new(Shared { snapshots, created, before, labels, scrapes }) }
    }
}

impl Shared {
    fn answer(&self, method: &Method, headers: &HeaderMap) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return refused();
        }
        let (format, gzip) = (Format::of(headers), accepts_gzip(headers));
        let body = if *method == Method::HEAD {
            Body::empty()
        } else {
            let deadline = timeout(headers).and_then(|timeout| Instant::now().checked_add(timeout));
            Body::new(Streamed::new(self.page(format), gzip, deadline, self.scrapes.clone()))
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, format.content_type());
        if gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
        response
    }

    fn page(&self, format: Format) -> Page {
        self.scrapes.begun.fetch_add(1, Ordering::Relaxed);
        for before in &self.before {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| before())) {
                self.scrapes.failed_calls.fetch_add(1, Ordering::Relaxed);
                // its own drop may panic
                std::mem::forget(payload);
            }
        }
        self.labels.watch();
        let snapshot = self.snapshots.take();
        Page::new(snapshot, format, self.created, self.labels.clone(), self.scrapes.clone())
    }
}

fn refused() -> Response<Body> {
    let mut response = Response::new(Body::from("metrics are read with GET\n"));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let allow = HeaderValue::from_static("GET, HEAD");
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

/// For how long the scraper waits, where it says so in a way that can be understood.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(TIMEOUT)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero())
}

impl<B> Service<Request<B>> for PrometheusService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut response = self.shared.answer(request.method(), request.headers());
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
        ready(Ok(response))
    }
}

impl fmt::Debug for PrometheusService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrometheusService")
    }
}
