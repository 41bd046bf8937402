//! Whether Redis answers.

use std::sync::{Arc, Mutex, PoisonError};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Client, RedisError};
use telemetry_runtime::HealthCheck;
use telemetry_runtime::health::CheckKind;

/// Sends `PING` on a connection of its own, which it keeps, and opens anew when the last run failed.
///
/// ```no_run
/// # fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let client = redis::Client::open("redis://127.0.0.1/")?;
/// let telemetry = telemetry_runtime::Telemetry::builder()
///     .check(telemetry_redis::health::client("cache", client).optional())
///     .start()?;
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn client(name: impl Into<String>, client: Client) -> HealthCheck {
    let kept = Kept::default();
    let ask = move || {
        let (client, kept) = (client.clone(), kept.clone());
        async move {
            // not there while it is used: a run that fails, or is dropped, leaves none
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => client.get_multiplexed_async_connection().await?,
            };
            ping(&mut connection).await?;
            kept.keep(connection);
            Ok::<(), RedisError>(())
        }
    };
    HealthCheck::new(name, ask).kind(CheckKind::Cache).on_current()
}

/// Sends `PING` on a connection of the program, of which it takes a copy each time: of a kind that
/// connects anew by itself, as a `ConnectionManager` does.
#[track_caller]
pub fn connection(
    name: impl Into<String>,
    connection: impl ConnectionLike + Clone + Send + Sync + 'static,
) -> HealthCheck {
    let ask = move || {
        let mut connection = connection.clone();
        async move { ping(&mut connection).await }
    };
    HealthCheck::new(name, ask).kind(CheckKind::Cache).on_current()
}

async fn ping(connection: &mut impl ConnectionLike) -> Result<(), RedisError> {
    redis::cmd("PING").query_async::<()>(connection).await
}

/// The connection that the last run left. Locked while it is taken or put back.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Option<MultiplexedConnection>>>);

impl Kept {
    fn take(&self) -> Option<MultiplexedConnection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, connection: MultiplexedConnection) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
}
