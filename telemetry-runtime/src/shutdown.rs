//! What a shutdown did and what it had to cut.

/// The outcome of [`Telemetry::shutdown`](crate::Telemetry::shutdown).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "the report says what was lost"]
pub struct ShutdownReport {
    pub(crate) cut: Vec<String>,
}

impl ShutdownReport {
    /// Whether everything ended within the deadline and without an error.
    pub fn is_complete(&self) -> bool {
        self.cut.is_empty()
    }

    /// What was cut off or failed, one sentence each.
    pub fn cut(&self) -> &[String] {
        &self.cut
    }
}
