//! The models: small programs of two or three threads, of which every run must hold.

use loom::sync::Arc;
use loom::thread;

use super::{Modelled, Seen, Value};

// the element in the distributed slice
#[allow(unsafe_code)]
mod events {
    telemetry::events! {
        event registered.untagged;
        event registered.tagged { metadata { tag: &'static str } }
        event grown.tagged { metadata { tag: &'static str } }
        event wide.added { measurements { n: u64 } }
        event last.whole { measurements { n: u64 } }
        event last.part { measurements { n: f64 } }
        event handed.over { measurements { n: u64 } }
        event swept.tagged { metadata { tag: &'static str } }
        event told.tagged { metadata { tag: &'static str } }
        event renumbered.tagged { metadata { tag: &'static str } }
    }

    telemetry::metrics! {
        counter(registered.untagged.count);
        counter(registered.tagged.count, tags = [tag]);
        counter(grown.tagged.count, tags = [tag]);
        sum(wide.added.n);
        last_value(name = last.seen, events = [last.whole, last.part], measurement = n);
        sum(handed.over.n);
        counter(swept.tagged.count, tags = [tag]);
        counter(told.tagged.count, tags = [tag]);
        counter(renumbered.tagged.count, tags = [tag]);
    }
}
use events::{grown, handed, last, registered, renumbered, swept, told, wide};

/// How often a run takes a thread off that could go on, unless `LOOM_MAX_PREEMPTIONS` says otherwise.
const PREEMPTIONS: usize = 2;
/// Whatever it says: each further one makes a model take ten times as long.
const MOST_PREEMPTIONS: usize = 3;

fn model<S: Modelled>(metrics: &'static str, body: fn(Arc<S>)) {
    let mut model = loom::model::Builder::new();
    let preemptions = model.preemption_bound.unwrap_or(PREEMPTIONS);
    model.preemption_bound = Some(preemptions.min(MOST_PREEMPTIONS));
    model.check(move || body(Arc::new(S::open(metrics))));
}

fn integer(seen: &Seen, key: &str) -> i128 {
    match seen.get(key) {
        None => 0,
        Some(Value::Integer(value)) => *value,
        Some(Value::Float(value)) => panic!("{key} is {value}"),
    }
}

/// Two threads that see the store for the first time, with the same tags, while a snapshot is taken.
pub fn registration<S: Modelled>() {
    fn execute() {
        telemetry::execute!(registered.untagged);
        telemetry::execute!(registered.tagged, {}, { tag: "a" });
    }
    model::<S>("registered", |store| {
        let other = thread::spawn(execute);
        execute();
        let seen = store.snapshot();
        for key in ["registered.untagged.count", "registered.tagged.count a"] {
            let count = integer(&seen, key);
            assert!((1..=2).contains(&count), "counted {count}");
        }
        other.join().unwrap();
        let seen = store.snapshot();
        for key in ["registered.untagged.count", "registered.tagged.count a"] {
            let count = integer(&seen, key);
            assert_eq!(count, 2, "counted in the end");
        }
    });
}

/// Rows are added, and a second chunk, while they are read.
pub fn growth<S: Modelled>() {
    fn check(before: &Seen, now: &Seen) {
        for tag in ["a", "b", "c"] {
            let key = format!("grown.tagged.count {tag}");
            let (before, now) = (integer(before, &key), integer(now, &key));
            assert!(before <= now, "a count fell");
            assert!(now <= 1, "counted {now} of 1");
        }
    }
    model::<S>("grown", |store| {
        let other = thread::spawn(|| {
            for tag in ["a", "b", "c"] {
                telemetry::execute!(grown.tagged, {}, { tag });
            }
        });
        let first = store.snapshot();
        let second = store.snapshot();
        check(&first, &second);
        other.join().unwrap();
        let third = store.snapshot();
        check(&second, &third);
        assert!(third.values().all(|count| *count == Value::Integer(1)), "counted in the end");
        assert_eq!(third.len(), 3, "counted in the end");
    });
}

/// The sum passes 2⁶⁴ and rises further while it is read.
pub fn carry<S: Modelled>() {
    const ADDED: [u64; 3] = [u64::MAX - 1, 3, 4];
    fn exact(added: usize) -> i128 {
        ADDED[..added].iter().copied().map(i128::from).sum()
    }
    fn check(sum: i128) {
        assert!((1..=3).any(|added| exact(added) == sum), "read {sum}, which it never was");
    }
    model::<S>("wide", |store| {
        telemetry::execute!(wide.added, { n: ADDED[0] });
        let reader = {
            let store = store.clone();
            thread::spawn(move || {
                let first = integer(&store.snapshot(), "wide.added.n");
                let second = integer(&store.snapshot(), "wide.added.n");
                check(first);
                check(second);
                assert!(first <= second, "a sum fell");
            })
        };
        for n in &ADDED[1..] {
            telemetry::execute!(wide.added, { n: *n });
        }
        reader.join().unwrap();
        assert_eq!(integer(&store.snapshot(), "wide.added.n"), exact(3), "read in the end");
    });
}

/// A last value changes, and its form with it, while it is read.
pub fn last_value<S: Modelled>() {
    const SEEN: [Value; 3] = [Value::Integer(1), Value::Float(2.0), Value::Integer(3)];
    fn execute(value: Value) {
        match value {
            Value::Integer(n) => {
                telemetry::execute!(last.whole, { n: n.try_into().unwrap_or_default() });
            }
            Value::Float(n) => telemetry::execute!(last.part, { n }),
        }
    }
    model::<S>("last", |store| {
        execute(SEEN[0]);
        let reader = {
            let store = store.clone();
            thread::spawn(move || {
                let seen = store.snapshot()["last.seen"];
                assert!(SEEN.contains(&seen), "read {seen:?}, which it never was");
            })
        };
        SEEN[1..].iter().copied().for_each(execute);
        reader.join().unwrap();
        assert_eq!(store.snapshot()["last.seen"], SEEN[2], "read in the end");
    });
}

/// A thread ends while another one begins, which may go on with its rows.
pub fn hand_over<S: Modelled>() {
    model::<S>("handed", |store| {
        let threads =
            [1, 2].map(|n| thread::spawn(move || telemetry::execute!(handed.over, { n })));
        let seen = integer(&store.snapshot(), "handed.over.n");
        assert!((0..=3).contains(&seen), "read {seen}, which it never was");
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(integer(&store.snapshot(), "handed.over.n"), 3, "read in the end");
    });
}

/// A series is forgotten by another thread while its own goes on with another one: who is told that
/// there is something to be left leaves it.
pub fn told<S: Modelled>() {
    model::<S>("told", |store| {
        telemetry::execute!(told.tagged, {}, { tag: "gone" });
        let teller = {
            let store = store.clone();
            thread::spawn(move || store.retire("told.tagged.count", "gone"))
        };
        telemetry::execute!(told.tagged, {}, { tag: "kept" });
        teller.join().unwrap();
        telemetry::execute!(told.tagged, {}, { tag: "gone" });
        let seen = store.snapshot();
        assert_eq!(integer(&seen, "told.tagged.count kept"), 1, "counted in the end");
        assert_eq!(integer(&seen, "told.tagged.count gone"), 1, "counted in the end");
    });
}

/// A series is forgotten while its thread goes on with another, and leaves the row.
pub fn sweep<S: Modelled>() {
    model::<S>("swept", |store| {
        for tag in ["gone", "kept"] {
            telemetry::execute!(swept.tagged, {}, { tag });
        }
        let reader = {
            let store = store.clone();
            thread::spawn(move || {
                let mut last = 1;
                for _ in 0..2 {
                    let seen = store.snapshot();
                    let kept = integer(&seen, "swept.tagged.count kept");
                    assert!(last <= kept, "a count fell");
                    assert!(kept <= 3, "counted {kept} of 3");
                    assert!(integer(&seen, "swept.tagged.count gone") <= 1, "counted 2 of 1");
                    last = kept;
                }
            })
        };
        telemetry::execute!(swept.tagged, {}, { tag: "kept" });
        store.retire("swept.tagged.count", "gone");
        telemetry::execute!(swept.tagged, {}, { tag: "kept" });
        reader.join().unwrap();
        let seen = store.snapshot();
        assert_eq!(integer(&seen, "swept.tagged.count kept"), 3, "counted in the end");
        assert_eq!(seen.len(), 1, "counted in the end");
    });
}

/// The number of a series that was forgotten is given to another one while a snapshot is taken.
pub fn renumbering<S: Modelled>() {
    model::<S>("renumbered", |store| {
        telemetry::execute!(renumbered.tagged, {}, { tag: "gone" });
        let reader = {
            let store = store.clone();
            thread::spawn(move || {
                let seen = store.snapshot();
                let count = |tag| integer(&seen, &format!("renumbered.tagged.count {tag}"));
                assert!(count("gone") <= 1, "counted {} of 1", count("gone"));
                assert!(count("new") <= 2, "counted {} of 2", count("new"));
            })
        };
        store.retire("renumbered.tagged.count", "gone");
        for _ in 0..2 {
            telemetry::execute!(renumbered.tagged, {}, { tag: "new" });
        }
        reader.join().unwrap();
        let seen = store.snapshot();
        assert_eq!(integer(&seen, "renumbered.tagged.count new"), 2, "counted in the end");
        assert_eq!(seen.len(), 1, "counted in the end");
    });
}
