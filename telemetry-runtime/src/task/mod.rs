//! Tasks by name: what each of them does, and where its time goes.
//!
//! [`spawn`] is `tokio::spawn` with a name; [`tracked`] wraps a future for any other executor. Both
//! carry the span context of the place they are called at, so that spans of the task nest below the
//! span that spawned it, and the capture of a test. [`tasks`] lists those that have not ended.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let receiver = telemetry_runtime::spawn("receiver", async {
//!     // …
//!     # std::future::pending::<()>().await
//! });
//! tokio::task::yield_now().await;
//!
//! let tasks = telemetry_runtime::tasks();
//! let task = tasks.iter().find(|task| task.name == "receiver").unwrap();
//! assert_eq!(task.polls, 1);
//! println!("{} at {}: busy for {:?}", task.name, task.location, task.busy);
//! # receiver.abort();
//! # }
//! ```
//!
//! A poll costs two clock reads, and one more where another task or thread wakes it. A task costs an
//! allocation and a place in the list, which it leaves when it ends. The list is bounded: tasks past
//! [`LIMIT`] run as if they were not tracked, and are counted.

mod info;
mod record;
mod registry;
#[cfg(test)]
mod tests;
mod ticks;
mod tracked;

pub use self::info::{TaskInfo, TaskState};
pub use self::registry::{LIMIT, tasks, tasks_not_tracked};
pub(crate) use self::tracked::tracked_at;
pub use self::tracked::{Tracked, tracked};

/// Spawns a tracked task on the Tokio runtime that this is called within.
///
/// # Panics
/// Outside of a Tokio runtime, as `tokio::spawn` does.
#[cfg(feature = "tokio")]
#[track_caller]
pub fn spawn<F>(
    name: impl Into<std::borrow::Cow<'static, str>>,
    future: F,
) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(tracked(name, future))
}
