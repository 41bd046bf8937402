//! Declares another crate's event, with other fields.

telemetry::events! {
    event twin.work.done { measurements { total: i64 } }
}
