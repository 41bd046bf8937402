//! The application: what requests share, and which path leads where.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use telemetry_runtime::Health;
use tokio::sync::mpsc;

use crate::error::ApiError;
use crate::gateway::Gateway;
use crate::repository::Repository;
use crate::{order, payment, product, request};

/// The longest body of a request, in bytes.
pub(crate) const LONGEST_BODY: usize = 16 * 1024;

/// What requests share. Whoever works for the shop has a clone, so that [`Work`] knows when all is done.
#[derive(Clone)]
pub(crate) struct Shop {
    /// The data.
    pub(crate) repository: Repository,
    /// Where the money moves.
    pub(crate) gateway: Arc<Gateway>,
    _working: mpsc::Sender<Infallible>,
}

/// The work that clones of a [`Shop`] do.
pub(crate) struct Work(mpsc::Receiver<Infallible>);

impl Shop {
    /// A shop, and the means to wait for its work.
    pub(crate) fn new(repository: Repository, gateway: Gateway) -> (Self, Work) {
        let (working, work) = mpsc::channel(1);
        let shop = Self { repository, gateway: Arc::new(gateway), _working: working };
        (shop, Work(work))
    }
}

impl Work {
    /// Waits until the last clone of the shop is gone.
    pub(crate) async fn done(mut self) {
        // nothing can be sent: `None` comes when the last sender is dropped
        self.0.recv().await;
    }
}

/// The shop, and probes of its health beside it: outside of what observes requests, as nobody ordered them.
pub(crate) fn with_probes(shop: Router, health: &Health) -> Router {
    Router::new().nest_service("/health", health.service()).fallback_service(shop)
}

/// All paths of the shop.
pub(crate) fn router(shop: Shop) -> Router {
    Router::new()
        .route("/products", get(product::list))
        .route("/products/{id}", get(product::show))
        .route("/orders", post(order::create))
        .route("/orders/{id}", get(order::show))
        .route("/orders/{id}/pay", post(payment::pay))
        .fallback(async || ApiError::UnknownPath)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn(request::observe))
        .with_state(shop)
}
