//! The middleware that makes a span of every request.

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use telemetry::WithContext as _;

use crate::events::my_app;

/// Answers a request within the span `my_app.http.request`.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = telemetry::start!(my_app.http.request, {
        method: known(&method),
        route: route.as_ref().map_or("unmatched", MatchedPath::as_str),
    });
    let response = next.run(request).with_context(span.context()).await;
    span.stop(my_app::http::request::Stop { status: response.status().as_u16() });
    response
}

/// Clients may invent methods; each would be a series of its own.
fn known(method: &Method) -> &str {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    if KNOWN.contains(method) { method.as_str() } else { "OTHER" }
}
