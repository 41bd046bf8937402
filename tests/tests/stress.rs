//! Attaching, detaching and executing from many threads at once. `cargo xtask test --long` runs the
//! same for longer, and under the address sanitizer.

use std::env;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

telemetry::events! {
    event storm.one { measurements { n: u64 } }
    event storm.two { metadata { text: &str } }
    event storm.once;
    event storm.churn { measurements { n: u64 } }
    event storm.dropped;
    span storm.worked { metadata { id: u64 } }
}

/// How much more is done in the long run.
fn times() -> u64 {
    if env::var_os("TESTS_LONG").is_some() { 20 } else { 1 }
}

/// What a handler holds: memory that is read at each call.
struct Config {
    id: u64,
    words: Vec<u64>,
    alive: Arc<AtomicU64>,
}

impl Config {
    fn new(id: u64, alive: &Arc<AtomicU64>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self { id, words: vec![id; 32], alive: alive.clone() }
    }

    fn check(&self) {
        assert!(self.words.iter().all(|word| *word == self.id));
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        self.words.fill(u64::MAX);
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.id)
    }
}

#[telemetry::span(storm.worked, id = id)]
fn work(id: u64) -> u64 {
    telemetry::execute!(storm.one, { n: id });
    id
}

/// Executes until all that was retired has been freed: each execution frees what it can.
fn wait_until(done: impl Fn() -> bool) {
    static WAITERS: AtomicU64 = AtomicU64::new(0);

    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let id = format!("waiting-{}", WAITERS.fetch_add(1, Ordering::Relaxed));
    telemetry::attach(&id, &storm::dropped, (), |_, ()| {}).unwrap();
    while !done() {
        assert!(std::time::Instant::now() < deadline, "never freed");
        telemetry::execute!(storm.dropped);
        thread::yield_now();
    }
    telemetry::detach(&id).unwrap();
}

#[test]
fn handlers_are_whole_while_they_run_and_freed_in_the_end() {
    let alive = Arc::new(AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    telemetry::execute!(storm.one, { n: 1 });
                    telemetry::execute!(storm.two, {}, { text: "text" });
                    work(3);
                }
            });
        }
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let alive = &alive;
                scope.spawn(move || {
                    let events = [
                        storm::one.any(),
                        storm::two.any(),
                        storm::worked::start.any(),
                        storm::worked::stop.any(),
                    ];
                    for round in 0..2_000 * times() {
                        let id = format!("storm-{writer}");
                        let config = Config::new(round, alive);
                        telemetry::attach_many(&id, &events, config, |event, config| {
                            config.check();
                            assert!(
                                !event.measurements().is_empty() || !event.metadata().is_empty()
                            );
                        })
                        .unwrap();
                        work(round);
                        telemetry::detach(&id).unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(telemetry::handlers("storm.one"), []);
    assert!(!storm::worked.has_handlers());
    wait_until(|| alive.load(Ordering::Relaxed) == 0);
}

#[test]
fn handler_that_detaches_itself_runs_once_whoever_executes() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let alive = Arc::new(AtomicU64::new(0));
    for round in 0..300 * times() {
        CALLS.store(0, Ordering::Relaxed);
        let config = Config::new(round, &alive);
        telemetry::attach("once", &storm::once, config, |_, config| {
            if telemetry::detach("once").is_ok() {
                CALLS.fetch_add(1, Ordering::Relaxed);
            }
            config.check();
        })
        .unwrap();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    telemetry::execute!(storm.once);
                    telemetry::execute!(storm.once);
                });
            }
        });
        assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    }
    wait_until(|| alive.load(Ordering::Relaxed) == 0);
}

#[test]
fn threads_come_and_go_while_handlers_do() {
    struct ExecutesAtTheEnd;
    impl Drop for ExecutesAtTheEnd {
        fn drop(&mut self) {
            telemetry::execute!(storm.churn, { n: 1 });
        }
    }
    thread_local! {
        static EARLY: ExecutesAtTheEnd = const { ExecutesAtTheEnd };
        static LATE: ExecutesAtTheEnd = const { ExecutesAtTheEnd };
    }
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let alive = Arc::new(AtomicU64::new(0));
    let threads = 500 * times();
    telemetry::attach("churn", &storm::churn, (), |event, ()| {
        CALLS.fetch_add(event.measurements.n, Ordering::Relaxed);
    })
    .unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..threads {
                let config = Config::new(round, &alive);
                telemetry::attach("churning", &storm::churn, config, |_, config| config.check())
                    .unwrap();
                telemetry::detach("churning").unwrap();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..threads / 2 {
                    thread::spawn(|| {
                        EARLY.with(|_| ());
                        telemetry::execute!(storm.churn, { n: 1 });
                        LATE.with(|_| ());
                    })
                    .join()
                    .unwrap();
                }
            });
        }
    });
    assert_eq!(CALLS.load(Ordering::Relaxed), threads / 2 * 2 * 3);
    telemetry::detach("churn").unwrap();
    wait_until(|| alive.load(Ordering::Relaxed) == 0);
}

#[test]
fn panic_in_the_drop_of_a_handler_harms_nobody() {
    struct Panics(Weak<()>);
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    impl std::fmt::Debug for Panics {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("panics")
        }
    }
    let before = telemetry::handlers_failed();
    let owner = Arc::new(());
    let config = Panics(Arc::downgrade(&owner));
    telemetry::attach("drop", &storm::one, config, |_, config| {
        assert!(config.0.upgrade().is_some() || config.0.strong_count() == 0);
    })
    .unwrap();
    telemetry::detach("drop").unwrap();
    wait_until(|| Arc::weak_count(&owner) == 0);
    assert!(telemetry::handlers_failed() > before);
}
