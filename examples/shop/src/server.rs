//! The server: from a configuration to a listening shop, and to its orderly end.

use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use telemetry_runtime::{Poll, Telemetry};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::{self, Shop};
use crate::config::{self, Config, Database};
use crate::gateway::Gateway;
use crate::health;
use crate::repository::Repository;

/// Serves the shop until SIGINT or SIGTERM, then finishes what is under way.
///
/// With the signal readiness turns, while the shop goes on accepting requests until balancers know; then the socket is
/// closed, and what is under way is finished. Liveness is answered to the end, by the telemetry.
///
/// # Errors
///
/// When the shop cannot start, or could not finish in time. A second signal ends the program.
pub(crate) async fn serve(config: &Config, telemetry: &Telemetry) -> Result<(), ServeError> {
    let repository = Repository::open(&config.database)
        .await
        .map_err(|source| ServeError::Open { database: config.database.clone(), source })?;
    let listener = TcpListener::bind(config.address)
        .await
        .map_err(|source| ServeError::Listen { address: config.address, source })?;
    let address = listener.local_addr().map_err(ServeError::System)?;
    let signals = signals(telemetry)?;

    let measured = repository.clone();
    let poll = Poll::new("connection pool", move || measured.measure_pool());
    telemetry.polls().add(poll.every(Duration::from_secs(1))).map_err(ServeError::Telemetry)?;
    let health = telemetry.health();
    health::watch(health, config, &repository).map_err(ServeError::Telemetry)?;

    let gateway = Gateway::new(config.gateway_failures, config.gateway_delay);
    let (shop, work) = Shop::new(repository.clone(), gateway);
    let (running, stopped) = oneshot::channel::<()>();
    // answers are small and complete: there is nothing to wait for before they are sent
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    let server = axum::serve(listener, app::with_probes(app::router(shop), health))
        .with_graceful_shutdown(async {
            // an error means that `running` was dropped: that is the sign
            _ = stopped.await;
        });
    let server = tokio::spawn(server.into_future());
    // whoever reads standard error may have gone; the shop serves all the same
    health.started();
    let _ = writeln!(io::stderr(), "shop=http://{address} {}", Settings(config));

    signals.await;
    let drain = health.drain_times();
    tokio::time::sleep(drain.delay).await;
    drop(running);
    let finish = async {
        server.await.map_err(io::Error::other)??;
        work.done().await;
        repository.close().await;
        Ok(())
    };
    tokio::select! {
        result = finish => result.map_err(ServeError::System),
        () = tokio::time::sleep(drain.timeout) => Err(ServeError::Unfinished),
    }
}

/// The configuration on one line.
struct Settings<'a>(&'a Config);

impl fmt::Display for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { database, gateway_failures, gateway_delay, .. } = self.0;
        let database = database.to_string();
        // the line stays one line of words, whatever the file is called
        if database.contains(|c: char| c.is_whitespace() || c.is_control()) {
            write!(f, "database={database:?}")?;
        } else {
            write!(f, "database={database}")?;
        }
        let delay = gateway_delay.as_millis();
        write!(f, " gateway_failures={gateway_failures} gateway_delay_ms={delay}")
    }
}

/// Ready when the shop is asked to stop.
#[cfg(unix)]
fn signals(telemetry: &Telemetry) -> Result<impl Future<Output = ()>, ServeError> {
    let signals = telemetry.signals().map_err(ServeError::Telemetry)?;
    // nobody hears a second one: it ends the program
    Ok(async move { _ = signals.received().await })
}

/// Ready when the shop is asked to stop.
#[cfg(not(unix))]
fn signals(telemetry: &Telemetry) -> Result<impl Future<Output = ()>, ServeError> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        telemetry.drain();
    })
}

/// Why the shop did not start, or not end well.
#[derive(Debug)]
pub(crate) enum ServeError {
    /// The database cannot be opened.
    Open {
        /// The database.
        database: Database,
        /// Why.
        source: sqlx::Error,
    },
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The telemetry runtime has ended, or knows something of this name already.
    Telemetry(telemetry_runtime::Error),
    /// The system refused something that it always grants.
    System(io::Error),
    /// Requests or payments were still running.
    Unfinished,
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { database, source } => {
                let variable = config::DATABASE;
                write!(f, "cannot open the database {database}: {source}; {variable} names another")
            }
            Self::Listen { address, source } => {
                let variable = config::ADDRESS;
                write!(f, "cannot listen on {address}: {source}; {variable} sets another address")
            }
            Self::Telemetry(source) => source.fmt(f),
            Self::System(source) => source.fmt(f),
            Self::Unfinished => f.write_str("stopped before all requests were answered"),
        }
    }
}

impl Error for ServeError {}
