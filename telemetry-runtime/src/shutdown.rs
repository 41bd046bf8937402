//! What a shutdown did and what it had to cut.

use tokio::sync::watch;

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

/// Ready once the runtime stops.
pub(crate) async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stopping.wait_for(|stop| *stop).await;
}
