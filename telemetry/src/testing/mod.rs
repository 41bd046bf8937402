//! What a test sees of the events that it executes.
//!
//! ```
//! telemetry::events! {
//!     event my_app.orders.placed { measurements { amount_cents: u64 } metadata { user_id: u64 } }
//! }
//!
//! let captured = telemetry::testing::capture(&[&my_app::orders::placed]);
//! telemetry::execute!(my_app.orders.placed, { amount_cents: 2999 }, { user_id: 7 });
//!
//! let placed = captured.of(&my_app::orders::placed);
//! assert_eq!(placed[0].measurements.amount_cents, 2999);
//! assert_eq!(placed[0].metadata["user_id"], "7");
//! ```
//!
//! A capture hears what is executed in its [`Scope`]: on the thread that made it, and wherever that
//! scope is handed to. So tests that run side by side never hear each other.

mod capture;

#[doc(hidden)]
pub use self::capture::__TELEMETRY_CAPTURES_V0_1;
pub use self::capture::{Capture, Captured, CapturedExecutions, CapturedFields, capture};
pub use crate::scope::{Scope, ScopeFuture};
