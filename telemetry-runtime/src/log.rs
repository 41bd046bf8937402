//! Where operator lines go.

use std::io::Write as _;
use std::sync::Arc;

/// Takes one line at a time.
pub(crate) type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Standard error.
pub(crate) fn standard_error() -> Log {
    Arc::new(|line| {
        // `eprintln!` would panic where who reads standard error has gone.
        let _ = writeln!(std::io::stderr(), "{line}");
    })
}
