//! All attached handlers by id, under the one lock that changes go through.
//!
//! No code of the user's runs under it: what a change drops is dropped after.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::event::{AnyEvent, Body, Handler, HandlerList};
use crate::{reclaim, registry};

static ATTACHMENTS: Mutex<BTreeMap<Box<str>, Attachment>> = Mutex::new(BTreeMap::new());

/// A handler and the events that it listens to.
#[derive(Clone)]
pub(crate) struct Attachment {
    pub(crate) handler: Arc<Handler>,
    pub(crate) events: Vec<&'static AnyEvent>,
    reach: Reach,
}

/// Whose executions a handler hears, where a name is declared twice with the same fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those of the events that it names: a typed handler knows no other types.
    Named,
    /// Those of their twins too: a handler that reads by name.
    Twins,
}

/// Attaches a handler to its events; one that is named twice is attached to once.
pub(crate) fn attach(
    id: &str,
    events: &[&'static AnyEvent],
    reach: Reach,
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
    let attachment = Attachment { handler: handler.clone(), events: reach.of(events), reach };
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
    reclaim::free(attachment);
    reclaim::collect();
    Ok(())
}

pub(crate) fn is_attached(handler: &Arc<Handler>) -> bool {
    lock().get(&*handler.id).is_some_and(|found| Arc::ptr_eq(&found.handler, handler))
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

/// Attaches the handlers of events to their twins among these, which are new in the registry.
pub(crate) fn adopt(events: &[&'static AnyEvent]) {
    let mut attachments = lock();
    for attachment in attachments.values_mut().filter(|found| found.reach == Reach::Twins) {
        for new in events {
            let known = &attachment.events;
            let is_new = !known.iter().any(|event| std::ptr::eq(*event, *new));
            if is_new && known.iter().any(|event| event.is_twin_of(new)) {
                attachment.publish_on(new);
                attachment.events.push(new);
            }
        }
    }
    drop(attachments);
    reclaim::collect();
}

/// What is attached at this moment, in the order of the ids.
pub(crate) fn list() -> Vec<Attachment> {
    lock().values().cloned().collect()
}

fn lock() -> MutexGuard<'static, BTreeMap<Box<str>, Attachment>> {
    ATTACHMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reach {
    fn of(self, events: &[&'static AnyEvent]) -> Vec<&'static AnyEvent> {
        let mut all = registry::with_twins(events);
        if self == Self::Named {
            all.retain(|event| events.iter().any(|named| std::ptr::eq(*named, *event)));
        }
        all
    }
}

/// All are called under the lock.
impl Attachment {
    fn publish(&self) {
        self.events.iter().for_each(|event| self.publish_on(event));
    }

    fn publish_on(&self, event: &'static AnyEvent) {
        let mut list = current(event);
        list.push(self.handler.clone());
        event.publish(list);
    }

    fn unpublish(&self) {
        for event in &self.events {
            let mut list = current(event);
            list.retain(|handler| !Arc::ptr_eq(handler, &self.handler));
            event.publish(list);
        }
    }
}

fn current(event: &AnyEvent) -> HandlerList {
    event.handlers().map_or_else(HandlerList::new, |handlers| {
        handlers.read(|list| list.cloned().unwrap_or_default())
    })
}
