//! Whether something listens.

use crate::health::{CheckKind, HealthCheck};

/// Connects to a `host:port` and closes the connection: says that something listens there, and no
/// more. The system answers even for a server that hangs.
#[track_caller]
pub fn tcp_connect(name: impl Into<String>, address: impl Into<String>) -> HealthCheck {
    let address = address.into();
    let connect = move || {
        let address = address.clone();
        async move { tokio::net::TcpStream::connect(address).await.map(drop) }
    };
    HealthCheck::new(name, connect).kind(CheckKind::Tcp)
}
