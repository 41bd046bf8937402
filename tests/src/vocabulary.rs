//! A vocabulary and metrics in another crate than the tests that use them.

telemetry::events! {
    /// Something happened in this crate.
    event elsewhere.happened { measurements { n: u32 } metadata { what: &str } }
}

telemetry::metrics! {
    sum(elsewhere.happened.n);
}

/// Executes `elsewhere.happened` from here.
pub fn happen(what: &str) {
    telemetry::execute!(elsewhere.happened, { n: 1 }, { what });
}
