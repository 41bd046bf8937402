//! Where in its life the runtime is: what readiness is told by, before anything stops.

use tokio::sync::watch;

/// Where in its life the runtime is. It only goes on, never back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Its children are being started.
    Starting,
    /// Everything has been started.
    Running,
    /// The program is about to end: it is not ready for new work, and finishes what it has.
    Draining,
    /// Its children are being stopped.
    Stopping,
    /// Everything has stopped, or was cut.
    Stopped,
}

/// The phase of one runtime. Copies of it are of the same one.
#[derive(Debug, Clone)]
pub(crate) struct Phases {
    current: watch::Sender<Phase>,
}

impl Phases {
    pub(crate) fn new() -> Self {
        Self { current: watch::Sender::new(Phase::Starting) }
    }

    pub(crate) fn current(&self) -> Phase {
        *self.current.borrow()
    }

    /// Ready when this phase is reached, or a later one.
    #[cfg_attr(
        not(feature = "otlp"),
        expect(dead_code, reason = "what sends by itself waits for it")
    )]
    pub(crate) async fn reached(&self, phase: Phase) {
        let mut current = self.current.subscribe();
        // The sender is here, so that there is no error.
        let _ = current.wait_for(|current| *current >= phase).await;
    }

    /// Waits for a later phase than this one.
    pub(crate) async fn past(&self, phase: Phase) -> Phase {
        let mut heard = self.current.subscribe();
        // The sender is here, so that there is no error.
        heard.wait_for(|current| *current > phase).await.map_or(phase, |current| *current)
    }

    /// Goes on to a later phase; to an earlier one there is no way.
    pub(crate) fn advance(&self, phase: Phase) {
        self.current.send_if_modified(|current| {
            let is_later = phase > *current;
            *current = (*current).max(phase);
            is_later
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_only_go_on() {
        let phases = Phases::new();
        assert_eq!(phases.current(), Phase::Starting);
        phases.advance(Phase::Draining);
        phases.clone().advance(Phase::Running);
        assert_eq!(phases.current(), Phase::Draining);
    }
}
