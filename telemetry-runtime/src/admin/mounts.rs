//! Which service answers which path.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::{HeaderValue, Request, Response, StatusCode, header};
use tower_service::Service;

use super::body::Body;
use crate::error::Error;

/// A service that can be mounted: any `Service<http::Request<Body>>` that answers with a response
/// and never fails. It is cloned for each request.
pub trait MountService: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, request: Request<Body>) -> Answer;
}

/// A response that is on its way.
pub type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

impl<S> MountService for S
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    fn answer(&self, request: Request<Body>) -> Answer {
        let mut service = self.clone();
        Box::pin(async move {
            let Ok(()) = std::future::poll_fn(|cx| service.poll_ready(cx)).await;
            let Ok(response) = service.call(request).await;
            response
        })
    }
}

/// The services on the admin listener.
#[derive(Default)]
pub struct Mounts {
    mounts: Vec<Mount>,
}

struct Mount {
    label: String,
    path: String,
    /// Another path of a service, which is not listed.
    is_alias: bool,
    service: Box<dyn MountService>,
}

impl Mounts {
    /// # Errors
    /// When the path is taken or does not begin with `/`.
    pub(crate) fn mount(
        &mut self,
        label: &str,
        path: &str,
        service: impl MountService,
    ) -> Result<(), Error> {
        self.add(label, path, service, false)
    }

    /// Mounts a service at another path than the one that is listed.
    ///
    /// # Errors
    /// As [`mount`](Self::mount).
    pub(crate) fn alias(
        &mut self,
        label: &str,
        path: &str,
        service: impl MountService,
    ) -> Result<(), Error> {
        self.add(label, path, service, true)
    }

    fn add(
        &mut self,
        label: &str,
        path: &str,
        service: impl MountService,
        is_alias: bool,
    ) -> Result<(), Error> {
        let path = path.strip_suffix('/').unwrap_or(path);
        if !path.starts_with('/') {
            return Err(Error::configuration(format!(
                "{label} cannot be mounted at {path:?}: a path begins with `/` and has a segment, as in \"/metrics\""
            )));
        }
        if let Some(other) = self.mounts.iter().find(|mount| mount.path == path) {
            return Err(Error::conflict(format!(
                "{label} cannot be mounted at {path:?}, where {} is; give one of them another path",
                other.label
            )));
        }
        self.mounts.push(Mount {
            label: label.to_owned(),
            path: path.to_owned(),
            is_alias,
            service: Box::new(service),
        });
        Ok(())
    }

    /// Label and path of each service without its aliases, in the order in which they were mounted.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&str, &str)> {
        let listed = self.mounts.iter().filter(|mount| !mount.is_alias);
        listed.map(|mount| (&*mount.label, &*mount.path))
    }

    /// The response of the service with the longest path, or 404 with the paths that there are.
    pub(crate) fn answer(&self, request: Request<Body>) -> Answer {
        let path = request.uri().path();
        let covers = |mount: &&Mount| {
            let rest = path.strip_prefix(&*mount.path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match self.mounts.iter().filter(covers).max_by_key(|mount| mount.path.len()) {
            Some(mount) => mount.service.answer(request),
            None => Box::pin(std::future::ready(self.index(path))),
        }
    }

    /// What is here: the answer to `/`, and to what is not here.
    fn index(&self, path: &str) -> Response<Body> {
        let mut text = String::new();
        for (label, path) in self.list() {
            text.extend([path, "  ", label, "\n"]);
        }
        let mut response = Response::new(Body::from(text));
        if path != "/" {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    }
}

impl fmt::Debug for Mounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.list()).finish()
    }
}
