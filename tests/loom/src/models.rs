//! The models: small programs of two or three threads, of which every run must hold.
//!
//! Each ends with a collection while nobody reads, after which everything replaced is freed, once.

use std::any::Any;
use std::cell::RefCell;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use crate::Reclaim;
use crate::sync::{model, thread_local};
use crate::tracked::{Tracked, assert_all_freed, assert_not_violated};

fn published<P: Reclaim>() -> Arc<P> {
    let published = P::empty();
    let published = Arc::new(published);
    published.replace(Some(Tracked::new()));
    published
}

fn read(published: &impl Reclaim) {
    published.read(|value| value.into_iter().for_each(Tracked::look));
}

fn reader(published: &Arc<impl Reclaim>) -> thread::JoinHandle<()> {
    let published = published.clone();
    thread::spawn(move || read(&*published))
}

fn end<P: Reclaim>(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
    P::collect();
    assert_all_freed();
}

/// The reader's record is made while the records are looked at.
pub fn read_against_replacement<P: Reclaim>() {
    model(|| {
        let published = published::<P>();
        let reader = reader(&published);
        published.replace(None);
        P::collect();
        end::<P>([reader]);
    });
}

/// The epoch rises while the reader takes it.
pub fn read_against_two_replacements<P: Reclaim>() {
    model(|| {
        let published = published::<P>();
        let reader = reader(&published);
        published.replace(Some(Tracked::new()));
        published.replace(None);
        P::collect();
        end::<P>([reader]);
    });
}

/// The reader has a record already: nothing but its announcement is new.
pub fn read_by_a_known_thread<P: Reclaim>() {
    model(|| {
        let published = published::<P>();
        read(&*published);
        let writer = {
            let published = published.clone();
            thread::spawn(move || {
                published.replace(None);
                P::collect();
            })
        };
        read(&*published);
        end::<P>([writer]);
    });
}

/// A value is replaced after another thread has begun to collect.
pub fn replacement_while_another_collects<P: Reclaim>() {
    model(|| {
        let published = published::<P>();
        published.replace(Some(Tracked::new()));
        let reader = reader(&published);
        let collector = thread::spawn(P::collect);
        published.replace(None);
        end::<P>([reader, collector]);
    });
}

/// A thread ends, and another one takes over its record.
pub fn record_handed_over<P: Reclaim>() {
    model(|| {
        let published = published::<P>();
        let readers = [reader(&published), reader(&published)];
        published.replace(None);
        P::collect();
        end::<P>(readers);
    });
}

/// A handler executes another event, or the same.
pub fn nested_reads<P: Reclaim>() {
    model(|| {
        let published = published::<P>();
        let reader = {
            let published = published.clone();
            thread::spawn(move || {
                published.read(|value| {
                    read(&*published);
                    value.into_iter().for_each(Tracked::look);
                });
            })
        };
        published.replace(None);
        P::collect();
        end::<P>([reader]);
    });
}

/// A handler detaches itself, and collects.
pub fn replacement_within_a_read<P: Reclaim>() {
    model(|| {
        let published = published::<P>();
        let reader = reader(&published);
        published.read(|value| {
            published.replace(None);
            P::collect();
            value.into_iter().for_each(Tracked::look);
        });
        P::collect();
        end::<P>([reader]);
    });
}

/// A thread-local's destructor executes an event, after the thread's own record was given back.
pub fn read_after_the_record_is_gone<P: Reclaim>() {
    model(|| read_in_an_ending_thread::<P>(|published| read(&**published)));
}

/// The same, before it is given back.
pub fn read_before_the_record_is_gone<P: Reclaim>() {
    model(|| {
        read_in_an_ending_thread::<P>(|published| {
            // in use first, dropped first
            remember(published);
            read(&**published);
        });
    });
}

struct ReadAtTheEnd<P: Reclaim>(Arc<P>);

impl<P: Reclaim> Drop for ReadAtTheEnd<P> {
    fn drop(&mut self) {
        read(&*self.0);
    }
}

thread_local! {
    static LAST: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

fn remember<P: Reclaim>(published: &Arc<P>) {
    let at_the_end = ReadAtTheEnd(published.clone());
    LAST.try_with(|last| last.borrow_mut().get_or_insert(Box::new(at_the_end)).is::<()>()).unwrap();
}

fn read_in_an_ending_thread<P: Reclaim>(first: fn(&Arc<P>)) {
    let published = published::<P>();
    let reader = {
        let published = published.clone();
        thread::spawn(move || {
            first(&published);
            remember(&published);
        })
    };
    published.replace(None);
    P::collect();
    // loom lets who waits for a thread go on before its thread-locals are dropped, so that the value
    // may be freed by nobody
    reader.join().unwrap();
    assert_not_violated();
}

/// All do what a dispatch and a detach do at their ends.
pub fn everybody_collects<P: Reclaim>() {
    model(|| {
        let (first, second) = (published::<P>(), published::<P>());
        let other = {
            let (first, second) = (first.clone(), second.clone());
            thread::spawn(move || {
                second.replace(None);
                read(&*first);
                P::collect();
            })
        };
        first.replace(None);
        P::collect();
        end::<P>([other]);
    });
}

/// One thread's value is retired by another, and freed by a third.
pub fn replacements_by_two_threads<P: Reclaim>() {
    model(|| {
        let published = Arc::new(P::empty());
        let replace = |value: fn() -> Option<Tracked>| {
            let published = published.clone();
            thread::spawn(move || published.replace(value()))
        };
        let threads = [replace(|| Some(Tracked::new())), replace(|| None)];
        P::collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        published.replace(None);
        end::<P>([]);
    });
}

/// Who learns that a handler was attached, by whatever means, executes it.
pub fn told_of_a_value<P: Reclaim>() {
    model(|| {
        let published = Arc::new(P::empty());
        let told = Arc::new(AtomicBool::new(false));
        let other = {
            let (published, told) = (published.clone(), told.clone());
            thread::spawn(move || {
                if told.load(Ordering::Acquire) {
                    assert!(published.read(|value| value.is_some()));
                }
            })
        };
        published.replace(Some(Tracked::new()));
        told.store(true, Ordering::Release);
        other.join().unwrap();
        published.replace(None);
        end::<P>([]);
    });
}
