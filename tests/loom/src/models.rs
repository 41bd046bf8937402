//! The models: small programs of two or three threads, of which every run must hold.
//!
//! Each ends with a collection while nobody reads, after which everything replaced is freed, once.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use crate::Reclaim;
use crate::sync::model;
use crate::tracked::{Tracked, assert_all_freed};

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

/// A thread-local's destructor executes an event.
pub fn read_in_an_ending_thread<P: Reclaim>() {
    struct ReadAtTheEnd<P: Reclaim>(Arc<P>);
    impl<P: Reclaim> Drop for ReadAtTheEnd<P> {
        fn drop(&mut self) {
            read(&*self.0);
        }
    }
    loom::thread_local! {
        static LAST: std::cell::RefCell<Option<Box<dyn std::any::Any>>> =
            std::cell::RefCell::new(None);
    }
    model(|| {
        let published = published::<P>();
        let at_the_end = ReadAtTheEnd(published.clone());
        let reader = thread::spawn(move || {
            LAST.with(|last| *last.borrow_mut() = Some(Box::new(at_the_end)));
        });
        published.replace(None);
        P::collect();
        reader.join().unwrap();
        // loom ends a thread for its joiner before the destructors ran
        drop(published);
    });
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

/// Who learns that a handler was attached, by whatever means, executes it.
pub fn told_of_a_value<P: Reclaim>() {
    model(|| {
        let published = Arc::new(P::empty());
        let told = Arc::new(AtomicBool::new(false));
        let other = {
            let (published, told) = (published.clone(), told.clone());
            thread::spawn(move || {
                if told.load(Ordering::Acquire) {
                    assert!(!published.is_empty());
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
