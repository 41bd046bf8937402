//! Whether a database answers.

use sqlx::{Connection as _, Database, Error, Pool};
use telemetry_runtime::HealthCheck;
use telemetry_runtime::health::{CheckKind, Verdict};

/// Takes a connection of a pool, whatever its database, and waits for an answer on it. It opens a
/// connection only where the pool has none to give, and waits for one as long as the check may take: a
/// pool that is used up fails it, and the message says so.
///
/// It is driven by the Tokio runtime within which this is called, if it is within one: the connections
/// that a pool opens are of the runtime that asked for them.
///
/// ```no_run
/// # fn start(pool: sqlx::Pool<impl sqlx::Database>) -> Result<(), telemetry_runtime::Error> {
/// // a `PgPool`, a `SqlitePool`, …
/// let telemetry = telemetry_runtime::Telemetry::builder()
///     .check(telemetry_sqlx::health::pool("database", pool.clone()))
///     .start()?;
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn pool<DB: Database>(name: impl Into<String>, pool: Pool<DB>) -> HealthCheck {
    let ask = move || {
        let pool = pool.clone();
        async move {
            match ping(&pool).await {
                Ok(()) => Verdict::Pass,
                Err(error) => failure(&pool, &error),
            }
        }
    };
    HealthCheck::new(name, ask).kind(CheckKind::Database).on_current()
}

async fn ping<DB: Database>(pool: &Pool<DB>) -> Result<(), Error> {
    pool.acquire().await?.ping().await
}

fn failure<DB: Database>(pool: &Pool<DB>, error: &Error) -> Verdict {
    let (size, idle) = (pool.size(), pool.num_idle());
    Verdict::Fail(format!("{error} ({size} connections, {idle} idle)"))
}
