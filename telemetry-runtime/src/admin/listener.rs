//! The socket and its connections.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::body::Body;
use super::mounts::Mounts;
use crate::error::Error;
use crate::shutdown::told_to_stop;

/// Connections at a time; more wait in the socket's backlog.
const CONNECTIONS: usize = 256;
/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The bound socket of the admin listener.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// # Errors
    /// When the address cannot be listened on.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, Error> {
        let open = || {
            let socket = TcpListener::bind(address)?;
            socket.set_nonblocking(true)?;
            let address = socket.local_addr()?;
            Ok(Self { socket, address })
        };
        open().map_err(|error| Error::bind(address, error))
    }

    /// The address with the real port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` turns true; then ends when all requests in flight have been answered.
    pub(crate) async fn serve(
        self,
        mounts: Arc<Mounts>,
        mut stop: watch::Receiver<bool>,
    ) -> std::io::Result<()> {
        let socket = tokio::net::TcpListener::from_std(self.socket)?;
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = async {
                // The semaphore is never closed, and without a permit nothing is accepted.
                let permit = permits.clone().acquire_owned().await.ok();
                (permit, socket.accept().await)
            };
            tokio::select! {
                biased;
                () = told_to_stop(&mut stop) => break,
                (permit, accepted) = accepted => match accepted {
                    Ok((stream, _)) => connection(stream, permit, mounts.clone(), &graceful),
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        drop(socket);
        graceful.shutdown().await;
        Ok(())
    }
}

fn connection(
    stream: TcpStream,
    permit: Option<OwnedSemaphorePermit>,
    mounts: Arc<Mounts>,
    graceful: &GracefulShutdown,
) {
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let answer = mounts.answer(request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answer);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // A client that breaks the protocol or goes away concerns nobody else.
        let _ = connection.await;
        drop(permit);
    });
}
