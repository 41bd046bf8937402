//! Children that do what they are told.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use anyhow::Result;
use telemetry_runtime::reporter::{Report, Reporter};
use telemetry_runtime::{Child, Snapshot, Stop};

use crate::load::work;

/// What a child may take to stop before it is abandoned: one that obeys needs a moment of the processor.
const STOP_WITHIN: Duration = Duration::from_millis(500);
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Order {
    Fail,
    Panic,
    /// End as if all were done, which a permanent child never is.
    Finish,
    /// Hear nothing any more.
    Hang,
}

/// What a child is told to do, and what ends its hanging.
#[derive(Default)]
pub(crate) struct Mailbox {
    order: Mutex<Option<Order>>,
    release: Mutex<Option<mpsc::Sender<()>>>,
}

impl Mailbox {
    /// Does what is ordered, but for hanging.
    fn obey(&self) -> Result<Option<Order>> {
        work();
        let order = self.order.lock().unwrap().take();
        match order {
            Some(Order::Fail) => Err(anyhow::anyhow!("told to fail")),
            Some(Order::Panic) => panic!("told to panic"),
            other => Ok(other),
        }
    }

    pub(crate) fn order(&self, order: Order) {
        *self.order.lock().unwrap() = Some(order);
    }

    /// Whether a thread hangs until it is released.
    pub(crate) fn is_hanging(&self) -> bool {
        self.release.lock().unwrap().is_some()
    }

    pub(crate) fn release(&self) {
        self.release.lock().unwrap().take();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.lock().unwrap().is_none()
    }

    fn hang(&self) {
        let (release, released) = mpsc::channel();
        *self.release.lock().unwrap() = Some(release);
        // until the sender is dropped
        let _ = released.recv();
    }
}

pub(crate) fn task(name: &str, mailbox: Arc<Mailbox>) -> Child {
    let run = move |stop: Stop| {
        let mailbox = mailbox.clone();
        async move {
            loop {
                match mailbox.obey()? {
                    Some(Order::Hang) => std::future::pending().await,
                    Some(_) => return anyhow::Ok(()),
                    None => {}
                }
                tokio::select! {
                    () = stop.requested() => return Ok(()),
                    () = tokio::time::sleep(Duration::from_millis(1)) => {}
                }
            }
        }
    };
    Child::task(name, run).stop_within(STOP_WITHIN)
}

pub(crate) fn thread(name: &str, mailbox: Arc<Mailbox>) -> Child {
    let run = move |stop: Stop| {
        while !stop.wait(Duration::from_millis(1)) {
            match mailbox.obey()? {
                Some(Order::Hang) => mailbox.hang(),
                Some(_) => return Ok(()),
                None => {}
            }
        }
        anyhow::Ok(())
    };
    Child::thread(name, run).stop_within(STOP_WITHIN)
}

/// A reporter that takes orders.
pub(crate) struct Ordered(pub(crate) Arc<Mailbox>);

impl Reporter for Ordered {
    fn name(&self) -> &'static str {
        "ordered"
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        Box::pin(async move {
            assert!(snapshot.metric("chaos.worked.count").is_some());
            if let Ok(Some(Order::Hang)) = self.0.obey() {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }
}
