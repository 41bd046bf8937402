//! Executing is safe anywhere: in a handler, in a thread's last moments, in a child after `fork`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

telemetry::events! {
    event anywhere.outer { measurements { depth: u32 } }
    event anywhere.late { measurements { n: u64 } }
    event anywhere.forked { measurements { n: u64 } }
    event anywhere.busy;
    span anywhere.worked;
    span anywhere.timed;
}

#[test]
fn handler_may_execute_its_own_event() {
    static DEPTHS: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    telemetry::attach("recursive", &anywhere::outer, (), |event, ()| {
        let depth = event.measurements.depth;
        DEPTHS.lock().unwrap().push(depth);
        if depth < 50 {
            telemetry::execute!(anywhere.outer, { depth: depth + 1 });
        }
    })
    .unwrap();
    telemetry::execute!(anywhere.outer, { depth: 0 });
    assert!(DEPTHS.lock().unwrap().iter().copied().eq(0..=50));
}

#[test]
fn destructor_of_a_thread_local_may_execute_attach_and_detach() {
    #[telemetry::span(anywhere.worked)]
    fn work() {
        telemetry::execute!(anywhere.late, { n: 1 });
    }

    struct AtTheEnd(&'static str);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            work();
            telemetry::attach(self.0, &anywhere::late, (), |event, ()| {
                CALLS.fetch_add(100 * event.measurements.n, Ordering::SeqCst);
            })
            .unwrap();
            work();
            telemetry::detach(self.0).unwrap();
        }
    }
    thread_local! {
        static FIRST: AtTheEnd = const { AtTheEnd("first") };
        static LAST: AtTheEnd = const { AtTheEnd("last") };
    }

    static CALLS: AtomicU64 = AtomicU64::new(0);
    static SPANS: AtomicU64 = AtomicU64::new(0);
    telemetry::attach("late", &anywhere::late, (), |event, ()| {
        CALLS.fetch_add(event.measurements.n, Ordering::SeqCst);
    })
    .unwrap();
    telemetry::attach("worked", &anywhere::worked::stop, (), |_, ()| {
        SPANS.fetch_add(1, Ordering::SeqCst);
    })
    .unwrap();
    // one destructor is registered before the facade's own thread-locals, one after
    thread::spawn(|| {
        FIRST.with(|_| ());
        work();
        LAST.with(|_| ());
    })
    .join()
    .unwrap();
    assert_eq!(CALLS.load(Ordering::SeqCst), 5 + 200);
    assert_eq!(SPANS.load(Ordering::SeqCst), 5);
}

#[cfg(unix)]
mod fork {
    use std::sync::atomic::AtomicBool;

    use super::*;

    const CHILDREN: usize = 200;
    const CALLS_OF_A_CHILD: u64 = 100;
    static CALLS: AtomicU64 = AtomicU64::new(0);

    /// The parent's other threads attach and detach at the moment of the fork: the child must not
    /// wait for a lock whose owner it has not got.
    #[test]
    fn child_after_fork_may_execute() {
        telemetry::attach("forked", &anywhere::forked, (), |event, ()| {
            CALLS.fetch_add(event.measurements.n, Ordering::SeqCst);
        })
        .unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    telemetry::attach("busy", &anywhere::busy, (), |_, ()| {}).unwrap();
                    telemetry::execute!(anywhere.busy);
                    telemetry::detach("busy").unwrap();
                }
            });
            let ended_well = (0..CHILDREN).filter(|_| child_ends_well(all_calls_are_heard)).count();
            stop.store(true, Ordering::Relaxed);
            assert_eq!(ended_well, CHILDREN);
        });
        assert_eq!(CALLS.load(Ordering::SeqCst), 0, "the parent's handler was not called");
    }

    fn all_calls_are_heard() -> bool {
        for _ in 0..CALLS_OF_A_CHILD {
            telemetry::execute!(anywhere.forked, { n: 2 });
        }
        CALLS.load(Ordering::SeqCst) == 2 * CALLS_OF_A_CHILD
    }

    /// The parent's other threads read the clock at the moment of the fork, from its first reading on.
    #[test]
    fn clock_of_a_child_after_fork_goes_on() {
        #[telemetry::span(anywhere.timed)]
        fn timed() {}

        static LATEST: AtomicU64 = AtomicU64::new(0);
        fn goes_on() -> bool {
            let first = LATEST.load(Ordering::SeqCst);
            let never_back = (0..CALLS_OF_A_CHILD).all(|_| {
                let before = LATEST.load(Ordering::SeqCst);
                timed();
                LATEST.load(Ordering::SeqCst) >= before
            });
            never_back && LATEST.load(Ordering::SeqCst) > first
        }

        telemetry::attach("timed", &anywhere::timed::stop, (), |event, ()| {
            let now = event.measurements.monotonic_time.as_nanos().try_into().unwrap();
            LATEST.store(now, Ordering::SeqCst);
        })
        .unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    timed();
                }
            });
            let ended_well = (0..CHILDREN).filter(|_| child_ends_well(goes_on)).count();
            stop.store(true, Ordering::Relaxed);
            assert_eq!(ended_well, CHILDREN);
        });
    }

    #[allow(unsafe_code)]
    fn child_ends_well(works: fn() -> bool) -> bool {
        // SAFETY: the child calls nothing but the facade, `alarm` and `_exit`.
        let child = unsafe { libc::fork() };
        assert!(child >= 0, "fork failed");
        if child == 0 {
            // SAFETY: ends the child by a signal if it hangs.
            unsafe { libc::alarm(20) };
            let status = i32::from(!works());
            // SAFETY: ends the child without the destructors of the parent's test.
            unsafe { libc::_exit(status) };
        }
        let mut status = 0;
        // SAFETY: waits for the child that was started above.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        waited == child && status == 0
    }
}
