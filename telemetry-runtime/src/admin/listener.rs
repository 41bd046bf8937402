//! The socket and its connections.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::body::Body;
use super::mounts::Mounts;
use super::requests::Requests;
use crate::error::Error;
use crate::stop::Stop;

/// Connections at a time; more wait in the socket's backlog.
const CONNECTIONS: usize = 256;
/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last bytes of the last response may take, when the listener stops.
const LAST_BYTES: Duration = Duration::from_millis(100);
/// How long to wait when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The bound socket of the admin listener.
#[derive(Debug)]
pub(crate) struct Listener {
    /// Kept beside the one that is served, so that serving may begin again; `None` once it was told
    /// to stop, so that nobody is left waiting in the backlog.
    socket: Mutex<Option<TcpListener>>,
    address: SocketAddr,
}

impl Listener {
    /// # Errors
    /// When the address cannot be listened on.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, Error> {
        let open = || {
            let socket = listen(address)?;
            let address = socket.local_addr()?;
            Ok(Self { socket: Mutex::new(Some(socket)), address })
        };
        open().map_err(|error| Error::bind(address, error))
    }

    /// The address with the real port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is told to stop; then ends when all requests in flight have been answered.
    /// A client that has not said yet what it wants is not waited for.
    ///
    /// # Errors
    /// When the socket cannot be used.
    pub(crate) async fn serve(&self, mounts: Arc<Mounts>, stop: Stop) -> std::io::Result<()> {
        let socket = tokio::net::TcpListener::from_std(self.open()?)?;
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let requests = Requests::new();
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = async {
                // The semaphore is never closed, and without a permit nothing is accepted.
                let permit = permits.clone().acquire_owned().await.ok();
                (permit, socket.accept().await)
            };
            tokio::select! {
                biased;
                () = stop.requested() => break,
                (permit, accepted) = accepted => match accepted {
                    Ok((stream, _)) => {
                        connection(stream, permit, mounts.clone(), requests.clone(), &graceful);
                    }
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        drop(socket);
        *self.kept() = None;
        let closed = graceful.shutdown();
        tokio::pin!(closed);
        tokio::select! {
            () = &mut closed => {}
            () = requests.none() => {
                let _ = tokio::time::timeout(LAST_BYTES, closed).await;
            }
        }
        Ok(())
    }

    fn open(&self) -> std::io::Result<TcpListener> {
        let mut kept = self.kept();
        if kept.is_none() {
            *kept = Some(listen(self.address)?);
        }
        kept.as_ref().map_or_else(|| listen(self.address), TcpListener::try_clone)
    }

    fn kept(&self) -> MutexGuard<'_, Option<TcpListener>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpListener::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn connection(
    stream: TcpStream,
    permit: Option<OwnedSemaphorePermit>,
    mounts: Arc<Mounts>,
    requests: Requests,
    graceful: &GracefulShutdown,
) {
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let counted = requests.begin();
        let answer = mounts.answer(request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await.map(|body| counted.until_sent(body))) }
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
