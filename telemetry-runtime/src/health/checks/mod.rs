//! The checks that come with the runtime.
//!
//! Checks of databases, caches and object stores are beside the crates that they use
//! (`telemetry-sqlx`, `telemetry-redis`, `telemetry-object-store`); a pool of another kind is a
//! closure:
//!
//! ```
//! # #[derive(Clone)] struct Pool; struct Connection;
//! # impl Pool { async fn get(&self) -> Result<Connection, std::io::Error> { Ok(Connection) } }
//! # impl Connection { async fn ping(&self) -> Result<(), std::io::Error> { Ok(()) } }
//! use telemetry_runtime::HealthCheck;
//! use telemetry_runtime::health::CheckKind;
//!
//! fn check(pool: Pool) -> HealthCheck {
//!     let ask = move || {
//!         let pool = pool.clone();
//!         async move { pool.get().await?.ping().await }
//!     };
//!     HealthCheck::new("queue", ask).kind(CheckKind::Queue)
//! }
//! # let _ = check(Pool);
//! ```

mod directory;
#[cfg(unix)]
mod disk;
#[cfg(feature = "tokio")]
mod event_loop;
mod http;
mod inside;
mod process;
mod tcp;

pub use self::directory::directory_writable;
#[cfg(unix)]
pub use self::disk::disk_space;
#[cfg(feature = "tokio")]
pub use self::event_loop::event_loop_lag_below;
pub use self::http::http_get;
pub use self::inside::{reporters, supervision};
pub use self::process::{descriptors_below, memory_below};
pub use self::tcp::tcp_connect;
