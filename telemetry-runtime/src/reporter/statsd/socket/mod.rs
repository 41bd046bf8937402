//! A socket that never blocks, and that is opened again where the receiver went.
//!
//! UDP tells that nobody receives only with the packet that comes next, or when it is asked at the end.
//! The packet before it is then lost, and the one that was to be sent is not sent yet.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
#[cfg(unix)]
use tokio::net::UnixDatagram;
use tokio::time::{Instant, timeout, timeout_at};

use super::destination::Destination;
use super::packet::Packet;
use super::tally::{Reason, Tally};

/// How old the answer to what addresses a host has may be.
const RESOLVE_EVERY: Duration = Duration::from_secs(30);
/// How long that answer may take.
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);
/// How often one packet is tried where the socket says that others were lost.
const ATTEMPTS: usize = 3;

/// Answers what addresses a host has.
pub(super) type Resolve = Arc<
    dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>
        + Send
        + Sync,
>;

/// The way to the destination.
pub(super) struct Socket {
    destination: Destination,
    resolve: Resolve,
    open: Option<Open>,
    /// When the host was looked up last, unless it has to be again.
    resolved: Option<Instant>,
    /// The lines of the last packet, until it is known to be lost.
    last_lines: u64,
}

enum Open {
    Udp {
        socket: UdpSocket,
        peer: SocketAddr,
    },
    #[cfg(unix)]
    Unix(UnixDatagram),
}

impl Socket {
    pub(super) fn new(destination: Destination) -> Self {
        Self::with(destination, Arc::new(|host| Box::pin(look_up(host))))
    }

    pub(super) fn with(destination: Destination, resolve: Resolve) -> Self {
        Self { destination, resolve, open: None, resolved: None, last_lines: 0 }
    }

    pub(super) fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Sees to it that there is a socket, and that it is for the address that the host has now.
    ///
    /// # Errors
    /// When there is no way to the destination; nothing was sent then.
    pub(super) async fn open(&mut self) -> io::Result<()> {
        match &self.destination {
            Destination::Udp(host) => {
                let host = host.clone();
                self.open_udp(host).await
            }
            #[cfg(unix)]
            Destination::Unix(path) => {
                // Each time anew: only so it is known before the first packet that nobody receives.
                self.open = None;
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                self.open = Some(Open::Unix(socket));
                Ok(())
            }
            #[cfg(not(unix))]
            Destination::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    async fn open_udp(&mut self, host: String) -> io::Result<()> {
        if self.open.is_some() && self.resolved.is_some_and(|at| at.elapsed() < RESOLVE_EVERY) {
            return Ok(());
        }
        let found = timeout(RESOLVE_WITHIN, (self.resolve)(host)).await;
        let found = found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let addresses = match found {
            Ok(addresses) => addresses,
            // The address that was good until now may be still.
            Err(_) if self.open.is_some() => return Ok(()),
            Err(error) => return Err(error),
        };
        self.resolved = Some(Instant::now());
        if let Some(Open::Udp { peer, .. }) = &self.open
            && addresses.contains(peer)
        {
            return Ok(());
        }
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for peer in addresses {
            match connect(peer).await {
                Ok(socket) => {
                    self.open = Some(Open::Udp { socket, peer });
                    self.last_lines = 0;
                    return Ok(());
                }
                Err(error) => failure = error,
            }
        }
        if self.open.is_some() { Ok(()) } else { Err(failure) }
    }

    /// Sends a packet, or drops it, and counts what became of it. Waits for room until the deadline.
    pub(super) async fn send(&mut self, packet: &Packet, deadline: Instant, tally: &mut Tally) {
        for _ in 0..ATTEMPTS {
            match self.try_send(&packet.bytes, deadline).await {
                Ok(()) => {
                    tally.packets += 1;
                    tally.bytes += packet.bytes.len() as u64;
                    tally.lines += packet.lines;
                    self.last_lines = packet.lines;
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tally.drop(Reason::Full, packet.lines);
                    return;
                }
                Err(error) if is_away(&error) => {
                    self.refused(tally);
                    if self.open.is_none() && self.open().await.is_err() {
                        break;
                    }
                }
                Err(_) => {
                    self.resolved = None;
                    tally.drop(Reason::Failed, packet.lines);
                    return;
                }
            }
        }
        tally.drop(Reason::Refused, packet.lines);
    }

    /// Asks whether the last packet was refused.
    pub(super) fn finish(&mut self, tally: &mut Tally) {
        if let Some(Open::Udp { socket, .. }) = &self.open
            && matches!(socket.take_error(), Ok(Some(_)))
        {
            self.refused(tally);
        }
    }

    /// Nobody receives: of UDP that is said of the packet before.
    fn refused(&mut self, tally: &mut Tally) {
        match self.open {
            Some(Open::Udp { .. }) => {
                let lines = std::mem::take(&mut self.last_lines);
                tally.drop(Reason::Refused, lines);
                // The host may be elsewhere by now.
                self.resolved = None;
            }
            _ => self.open = None,
        }
    }

    /// Sends where there is room before the deadline.
    async fn try_send(&self, bytes: &[u8], deadline: Instant) -> io::Result<()> {
        loop {
            let (sent, writable): (_, Pin<Box<dyn Future<Output = io::Result<()>> + Send>>) =
                match &self.open {
                    None => return Err(io::ErrorKind::NotConnected.into()),
                    Some(Open::Udp { socket, .. }) => {
                        (socket.try_send(bytes), Box::pin(socket.writable()))
                    }
                    #[cfg(unix)]
                    Some(Open::Unix(socket)) => {
                        (socket.try_send(bytes), Box::pin(socket.writable()))
                    }
                };
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match timeout_at(deadline, writable).await {
                        Ok(ready) => ready?,
                        Err(_) => return Err(error),
                    }
                }
                sent => return sent.map(drop),
            }
        }
    }
}

async fn look_up(host: String) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host(host).await?.collect())
}

async fn connect(peer: SocketAddr) -> io::Result<UdpSocket> {
    let any = match peer {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(peer).await?;
    Ok(socket)
}

fn is_away(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionRefused | ConnectionReset | NotConnected)
}
