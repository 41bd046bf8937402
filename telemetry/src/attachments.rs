//! All attached handlers by id, under the one lock that changes go through.
//!
//! No code of the user's runs under it: what a change drops is dropped after.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::event::{AnyEvent, Body, Handler, HandlerList};
use crate::reclaim;

static ATTACHMENTS: Mutex<BTreeMap<Box<str>, Attachment>> = Mutex::new(BTreeMap::new());

/// A handler and the events that it listens to.
#[derive(Clone)]
pub(crate) struct Attachment {
    pub(crate) handler: Arc<Handler>,
    pub(crate) events: Vec<&'static AnyEvent>,
}

/// Attaches a handler to its events; one that is named twice is attached to once.
pub(crate) fn attach(
    id: &str,
    events: &[&'static AnyEvent],
    body: Box<dyn Body>,
) -> Result<Arc<Handler>, Error> {
    if events.is_empty() {
        return Err(Error::no_events(id));
    }
    let mut attachments = lock();
    if attachments.contains_key(id) {
        return Err(Error::already_exists(id));
    }
    let handler = Arc::new(Handler {
        id: id.into(),
        detach_after: AtomicU32::new(1),
        failures: AtomicU32::new(0),
        body,
    });
    let attachment = Attachment { handler: handler.clone(), events: unique(events) };
    attachment.publish();
    attachments.insert(id.into(), attachment);
    drop(attachments);
    reclaim::collect();
    Ok(handler)
}

pub(crate) fn detach(id: &str) -> Result<(), Error> {
    let mut attachments = lock();
    let attachment = attachments.remove(id).ok_or_else(|| Error::not_found(id))?;
    attachment.unpublish();
    drop(attachments);
    drop(attachment);
    reclaim::collect();
    Ok(())
}

/// Detaches a handler after a panic, unless it is gone already and its id is another's by now.
pub(crate) fn detach_failed(handler: &Arc<Handler>) {
    let mut attachments = lock();
    let is_attached = |found: &Attachment| Arc::ptr_eq(&found.handler, handler);
    if attachments.get(&*handler.id).is_some_and(is_attached) {
        // The dispatch that failed still holds the handler, so that nothing is dropped here.
        let attachment = attachments.remove(&*handler.id);
        attachment.iter().for_each(Attachment::unpublish);
    }
}

/// What is attached at this moment, in the order of the ids.
pub(crate) fn list() -> Vec<Attachment> {
    lock().values().cloned().collect()
}

fn lock() -> MutexGuard<'static, BTreeMap<Box<str>, Attachment>> {
    ATTACHMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unique(events: &[&'static AnyEvent]) -> Vec<&'static AnyEvent> {
    let mut unique: Vec<&'static AnyEvent> = Vec::with_capacity(events.len());
    for event in events {
        if !unique.iter().any(|known| std::ptr::eq(*known, *event)) {
            unique.push(event);
        }
    }
    unique
}

/// Both are called under the lock.
impl Attachment {
    fn publish(&self) {
        for event in &self.events {
            let mut list = current(event);
            list.push(self.handler.clone());
            event.handlers().replace(Some(Box::new(list)));
            event.family().inspect(|family| family.add());
        }
    }

    fn unpublish(&self) {
        for event in &self.events {
            let mut list = current(event);
            list.retain(|handler| !Arc::ptr_eq(handler, &self.handler));
            event.handlers().replace((!list.is_empty()).then(|| Box::new(list)));
            event.family().inspect(|family| family.remove());
        }
    }
}

fn current(event: &AnyEvent) -> HandlerList {
    event.handlers().read(|list| list.cloned().unwrap_or_default())
}
