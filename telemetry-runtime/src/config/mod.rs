//! What operators may say in the environment.
//!
//! Each thing that can be said is a [`Variable`]: one static beside the part that it belongs to, with
//! its name, the [type](Value) of its value, what holds when nobody says anything, and a sentence for
//! operators. Who is configured reads it through [`Settings`], together with what the builder says:
//! the environment wins.
//!
//! - A name is that of OpenTelemetry's specification where that has one, else it begins with
//!   `TELEMETRY_`. A variable that is empty is one that is not set.
//! - A value that cannot be used is an error that names variable, value and what is allowed. All of
//!   them are told at once, before anything runs.
//! - A [secret](Variable::secret) may be in a file, which `NAME_FILE` names. It is never shown, not
//!   even in an error.
//! - A name that begins with `TELEMETRY_` and that nothing reads is a warning, with the name that was
//!   probably meant.
//!
//! What came of it is [`Telemetry::configuration`](crate::Telemetry::configuration). The environment is
//! read once, when the runtime starts, and costs nothing afterwards.
//!
//! ```
//! use telemetry_runtime::config::{Settings, Variable};
//! use telemetry_runtime::reporter::Reporter;
//! use telemetry_runtime::{Error, Telemetry};
//!
//! static DEPTH: Variable<usize> =
//!     Variable::new("TELEMETRY_PAPER_DEPTH", || 10, "Lines that the printer may fall behind.")
//!         .within(|| 1..=1_000);
//! static TOKEN: Variable<Option<String>> =
//!     Variable::new("TELEMETRY_PAPER_TOKEN", || None, "What the printer wants to be told.").secret();
//!
//! struct Paper {
//!     depth: Option<usize>,
//! }
//!
//! impl Reporter for Paper {
//!     fn name(&self) -> &str {
//!         "paper"
//!     }
//!
//!     fn configure(&mut self, settings: &mut Settings) {
//!         self.depth = Some(settings.read(&DEPTH, self.depth));
//!         let _token = settings.read(&TOKEN, None);
//!     }
//! }
//!
//! # fn main() -> Result<(), Error> {
//! let telemetry = Telemetry::builder()
//!     .admin("127.0.0.1:0")
//!     .environment([("TELEMETRY_PAPER_DEPTH", "20"), ("TELEMETRY_PAPER_TOKEN", "sesame")])
//!     .reporter(Paper { depth: Some(5) })
//!     .start()?;
//! let shown = telemetry.configuration().to_string();
//! assert!(shown.contains("TELEMETRY_PAPER_DEPTH           20"));
//! assert!(shown.contains("TELEMETRY_PAPER_TOKEN           (secret)"));
//! # Ok(())
//! # }
//! ```

mod configuration;
mod environment;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod settings;
mod value;
mod variable;

pub use self::configuration::{Configuration, Origin, Setting};
pub(crate) use self::environment::Environment;
pub use self::settings::Settings;
pub use self::value::Value;
pub use self::variable::{AnyVariable, Variable};
