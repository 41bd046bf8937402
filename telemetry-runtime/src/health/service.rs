//! Answers probes over HTTP, from memory.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Instant;

use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use tower_service::Service;

use super::accept;
use super::health::Health;
use super::page::{self, Form, Page, Question};
use crate::admin::Body;
use crate::vocabulary::health::health;

/// Answers probes; made by [`Health::service`]. Reads what is known and asks nobody, so that it takes
/// microseconds however many probes there are.
///
/// In axum: `router.nest_service("/health", telemetry.health().service())`, outside of what measures
/// requests.
#[derive(Debug, Clone)]
pub struct HealthService {
    health: Health,
}

/// What a path asks for.
enum Endpoint<'p> {
    Live,
    Ready,
    Startup,
    Check(&'p str),
    None,
}

impl HealthService {
    pub(super) fn new(health: Health) -> Self {
        Self { health }
    }

    fn answer(&self, request: &request::Parts) -> Response<Body> {
        let began = Instant::now();
        let endpoint = Endpoint::of(request.uri.path());
        let mut response = if matches!(request.method, Method::GET | Method::HEAD) {
            self.page(&endpoint, request)
        } else {
            let mut response = Response::new(Body::from("probes are made with GET or HEAD\n"));
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            let headers = response.headers_mut();
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Form::Text.media_type()));
            response
        };
        let status = response.status();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let no_sniff = HeaderValue::from_static("nosniff");
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, no_sniff);
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        telemetry::execute!(
            health.probe.stop,
            { duration: began.elapsed() },
            { endpoint: endpoint.name(), status: status.as_u16() }
        );
        response
    }

    fn page(&self, endpoint: &Endpoint<'_>, request: &request::Parts) -> Response<Body> {
        let form = accept::form(&request.headers);
        let mut words = request.uri.query().unwrap_or_default().split('&');
        let is_verbose = words.any(|word| word == "verbose" || word.starts_with("verbose="));
        let wants_details = is_verbose || matches!(endpoint, Endpoint::Check(_));
        // Who asks is looked at only where it matters.
        let shows_details = wants_details && self.health.policy().shows_details(request);
        let question = Question { form, is_verbose, shows_details };
        let Page { status, body } = match endpoint {
            Endpoint::Live => page::live(&self.health, question),
            Endpoint::Ready => page::ready(&self.health, question),
            Endpoint::Startup => page::startup(&self.health, question),
            Endpoint::Check(name) => {
                page::check(&self.health, name, question).unwrap_or_else(|| page::missing(form))
            }
            Endpoint::None => page::missing(form),
        };
        let length = HeaderValue::from(body.len());
        let body = if request.method == Method::HEAD { Body::empty() } else { Body::from(body) };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
        headers.insert(header::CONTENT_LENGTH, length);
        response
    }
}

impl<'p> Endpoint<'p> {
    /// A router may have taken the beginning away.
    fn of(path: &'p str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let rest = match path.strip_prefix("/health") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
            _ => path,
        };
        match rest {
            "" | "/live" | "/livez" => Self::Live,
            "/ready" | "/readyz" => Self::Ready,
            "/startup" | "/startupz" => Self::Startup,
            _ => {
                let name = ["/ready/", "/readyz/"].iter().find_map(|path| rest.strip_prefix(path));
                name.map_or(Self::None, Self::Check)
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ready => "ready",
            Self::Startup => "startup",
            Self::Check(_) => "check",
            Self::None => "none",
        }
    }
}

impl<B> Service<Request<B>> for HealthService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, _) = request.into_parts();
        ready(Ok(self.answer(&head)))
    }
}
