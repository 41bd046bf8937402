//! A counter as a clock: its ticks on the scale of the operating system's clock.
//!
//! A reading lies on a line, which begins where the two were compared last and rises at the rate that
//! was measured up to there. Whoever reads after the end of a line, a second later, draws the next
//! one: that takes no thread and no pause. At first, and after the counter did something unexpected,
//! readings are the other clock's, for the ten milliseconds over which the first rate is measured.
//!
//! Readings never go back. A line begins where the one before ended, or higher. Nor is it below the
//! other clock, whose readings are given while a line is drawn: its rate is the greatest that the two
//! comparisons allow. What it is ahead, some tens of nanoseconds, the next line sheds.

use std::process;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

/// The shortest time that a rate is measured over, in nanoseconds.
const SHORTEST: u64 = 10_000_000;
/// The longest life of a line, in nanoseconds.
const LONGEST: u64 = 1_000_000_000;
/// How many ticks a comparison may take: where it took more, the thread was interrupted.
const NARROW: u64 = 1 << 13;

/// The trust in a counter that has not been asked for since it was inconstant.
const UNKNOWN: u32 = 0;
const TRUSTED: u32 = 1;
const REFUSED: u32 = 2;

pub(super) trait Source {
    /// Reads the counter, after what stands before.
    fn ticks(&self) -> u64;
    /// Reads the other clock, in nanoseconds.
    fn nanos(&self) -> u64;
    /// Whether the counter may be read and is constant.
    fn is_trusted(&self) -> bool;
}

pub(super) struct Counted<S> {
    source: S,
    trust: AtomicU32,
    /// The process of which a thread writes here, or 0. After `fork` that may be another one.
    writer: AtomicU32,
    /// The number of the line in use, whose slot is that of the lowest bit.
    number: AtomicU64,
    slots: [Slot; 2],
}

/// The words of a line, which is read while it may be written. Within one cache line.
#[repr(align(64))]
struct Slot([AtomicU64; 6]);

struct Line {
    /// Where it begins.
    ticks: u64,
    nanos: u64,
    /// What a tick takes, in 1 / 2^32 nanoseconds.
    rate: u64,
    /// How many ticks it serves; none while the rate is not known.
    life: u64,
    /// What counter and clock read when they were compared last, or zeros.
    compared: [u64; 2],
}

/// A reading of the other clock between two of the counter.
struct Comparison {
    before: u64,
    nanos: u64,
    after: u64,
}

impl<S: Source> Counted<S> {
    pub(super) const fn new(source: S) -> Self {
        Self {
            source,
            trust: AtomicU32::new(UNKNOWN),
            writer: AtomicU32::new(0),
            number: AtomicU64::new(0),
            slots: [const { Slot([const { AtomicU64::new(0) }; 6]) }; 2],
        }
    }

    /// The reading in nanoseconds.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        let (number, line) = self.line();
        if line.life != 0 && self.is_in_use(number) {
            let elapsed = self.source.ticks().wrapping_sub(line.ticks);
            if elapsed < line.life {
                return line.at(elapsed);
            }
        }
        self.now_past_the_line()
    }

    #[inline]
    fn line(&self) -> (u64, Line) {
        let number = self.number.load(Ordering::Acquire);
        let words = self.slot(number).each_ref().map(|word| word.load(Ordering::Relaxed));
        let [ticks, nanos, rate, life, after, compared] = words;
        (number, Line { ticks, nanos, rate, life, compared: [after, compared] })
    }

    #[inline]
    fn slot(&self, number: u64) -> &[AtomicU64; 6] {
        &self.slots[usize::from(!number.is_multiple_of(2))].0
    }

    /// Whether a line that was read is whole, and the latest.
    #[inline]
    fn is_in_use(&self, number: u64) -> bool {
        fence(Ordering::Acquire);
        self.number.load(Ordering::Relaxed) == number
    }

    #[cold]
    fn now_past_the_line(&self) -> u64 {
        loop {
            let (number, line) = self.line();
            let now = self.is_trusted().then(|| Comparison::of(&self.source));
            let reading = match &now {
                Some(now) => line.reading(now),
                None => self.source.nanos().max(line.end()),
            };
            if self.is_in_use(number) {
                if let Some(next) = now.and_then(|now| line.next(&now)) {
                    self.draw(number, &next);
                }
                return reading;
            }
        }
    }

    fn is_trusted(&self) -> bool {
        if self.trust.load(Ordering::Relaxed) == UNKNOWN && self.begin_writing() {
            let trust = if self.source.is_trusted() { TRUSTED } else { REFUSED };
            self.trust.store(trust, Ordering::Relaxed);
            self.end_writing();
        }
        self.trust.load(Ordering::Relaxed) == TRUSTED
    }

    /// Puts a line in the place of that with this number, unless another thread does.
    fn draw(&self, number: u64, line: &Line) {
        if !self.begin_writing() {
            return;
        }
        if self.number.load(Ordering::Relaxed) == number {
            if line.compared == [0, 0] {
                self.trust.store(UNKNOWN, Ordering::Relaxed);
            }
            // Who reads a word of what follows also sees that the line before is not in use any more.
            fence(Ordering::Release);
            let [after, compared] = line.compared;
            let words = [line.ticks, line.nanos, line.rate, line.life, after, compared];
            let slot = self.slot(number + 1);
            slot.iter().zip(words).for_each(|(to, word)| to.store(word, Ordering::Relaxed));
            self.number.store(number + 1, Ordering::Release);
        }
        self.end_writing();
    }

    /// Whether no other thread of this process writes. Nobody waits for one.
    fn begin_writing(&self) -> bool {
        let process = process::id();
        let found = self.writer.load(Ordering::Relaxed);
        let taken = |found| {
            self.writer.compare_exchange(found, process, Ordering::Acquire, Ordering::Relaxed)
        };
        found != process && taken(found).is_ok()
    }

    fn end_writing(&self) {
        self.writer.store(0, Ordering::Release);
    }
}

impl Line {
    /// The reading so many ticks after the beginning. Of the longest life, a second, nanoseconds with
    /// 32 bits behind the point fit.
    #[inline]
    fn at(&self, elapsed: u64) -> u64 {
        self.nanos + (elapsed.wrapping_mul(self.rate) >> 32)
    }

    fn end(&self) -> u64 {
        self.at(self.life)
    }

    /// How many ticks have passed since the beginning, if the line still serves.
    fn elapsed(&self, ticks: u64) -> Option<u64> {
        // Processors may differ by some ticks.
        let elapsed = if self.ticks.wrapping_sub(ticks) < NARROW {
            0
        } else {
            ticks.wrapping_sub(self.ticks)
        };
        (elapsed < self.life).then_some(elapsed)
    }

    fn reading(&self, now: &Comparison) -> u64 {
        match self.elapsed(now.before) {
            Some(elapsed) => self.at(elapsed),
            None => now.nanos.max(self.end()),
        }
    }

    /// The next line, if this one is over and enough is measured.
    fn next(&self, now: &Comparison) -> Option<Self> {
        let [after, nanos] = self.compared;
        let is_first = self.compared == [0, 0];
        let span = now.nanos.saturating_sub(nanos);
        let is_narrow = now.after.wrapping_sub(now.before) <= NARROW;
        if !is_narrow || self.elapsed(now.before).is_some() || (!is_first && span < SHORTEST) {
            return None;
        }
        let compared = [now.after, now.nanos];
        let start =
            Self { ticks: now.before, nanos: self.reading(now), rate: 0, life: 0, compared };
        if is_first {
            return Some(start);
        }
        let ticks = now.before.saturating_sub(after);
        let rate = shifted(span).checked_div(ticks.into()).map_or(0, |rate| saturated(rate + 1));
        // Clocks are steered by less than 1 in 1024: else the counter was set, or the machine slept.
        if rate == 0 || (self.rate != 0 && self.rate.abs_diff(rate) > self.rate >> 10) {
            return Some(Self { compared: [0, 0], ..start });
        }
        let life = (shifted(LONGEST.min(2 * span)) / u128::from(rate)).max(1);
        let ahead = saturated(shifted(start.nanos - now.nanos) / life);
        Some(Self { rate: rate - ahead.min(rate >> 11), life: saturated(life), ..start })
    }
}

impl Comparison {
    fn of(source: &impl Source) -> Self {
        Self { before: source.ticks(), nanos: source.nanos(), after: source.ticks() }
    }
}

/// With 32 bits behind the point.
fn shifted(nanos: u64) -> u128 {
    u128::from(nanos) << 32
}

fn saturated(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// A counter and a clock that the test moves.
    struct Manual {
        ticks: AtomicU64,
        nanos: AtomicU64,
        /// Ticks that pass when the counter is read.
        step: AtomicU64,
        trusted: AtomicBool,
        asked: AtomicU32,
    }

    impl Source for Manual {
        fn ticks(&self) -> u64 {
            assert!(self.trusted.load(Ordering::Relaxed), "the counter must not be read");
            self.ticks.fetch_add(self.step.load(Ordering::Relaxed), Ordering::SeqCst)
        }

        fn nanos(&self) -> u64 {
            self.nanos.load(Ordering::SeqCst)
        }

        fn is_trusted(&self) -> bool {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.trusted.load(Ordering::Relaxed)
        }
    }

    /// A clock on a counter of three ticks a nanosecond.
    fn clock() -> Counted<Manual> {
        Counted::new(Manual {
            ticks: AtomicU64::new(7_000_000_000_000),
            nanos: AtomicU64::new(0),
            step: AtomicU64::new(0),
            trusted: AtomicBool::new(true),
            asked: AtomicU32::new(0),
        })
    }

    impl Counted<Manual> {
        fn pass(&self, nanos: u64) {
            self.pass_at(nanos, 3 * nanos);
        }

        fn pass_at(&self, nanos: u64, ticks: u64) {
            self.source.nanos.fetch_add(nanos, Ordering::SeqCst);
            self.source.ticks.fetch_add(ticks, Ordering::SeqCst);
        }

        /// The reading, and how far it is ahead of the other clock.
        fn read(&self) -> (u64, i64) {
            let now = self.now();
            (now, now.cast_signed() - self.source.nanos().cast_signed())
        }

        fn is_counting(&self) -> bool {
            let (_, line) = self.line();
            line.life != 0
        }

        /// Until readings are of the counter.
        fn warm_up(&self) {
            while !self.is_counting() {
                self.pass(1_000_000);
                self.now();
            }
        }
    }

    #[test]
    fn readings_are_the_other_clocks_until_the_rate_is_known() {
        let clock = clock();
        for _ in 0..10 {
            assert_eq!(clock.read().1, 0);
            assert!(!clock.is_counting());
            clock.pass(1_000_000);
        }
        assert_eq!(clock.read().1, 0);
        assert!(clock.is_counting());
        clock.source.ticks.fetch_add(300, Ordering::SeqCst);
        assert_eq!(clock.read().1, 100, "the other clock is not asked");
    }

    #[test]
    fn readings_follow_the_other_clock_for_hours() {
        let clock = clock();
        let mut last = 0;
        // steps of 1 ns to 4 s
        for step in (0..20_000_u64).map(|n| 1 << (n * 7 % 33)) {
            clock.pass(step);
            let (now, ahead) = clock.read();
            assert!(now >= last, "{now} after {last}");
            assert!((-1..=10).contains(&ahead), "{ahead} ns ahead");
            last = now;
        }
        assert!(last > 3600 * SECOND);
        assert!(clock.number.load(Ordering::Relaxed) > 1000);
    }

    #[test]
    fn a_rate_that_is_steered_is_followed_without_going_back() {
        let clock = clock();
        clock.warm_up();
        let mut last = 0;
        for step in 0..200_000_u64 {
            // 500 in a million faster for a while, then as much slower
            let steered = if step / 20_000 % 2 == 0 { 500 } else { -500 };
            clock.pass_at(1_000_000, 3_000_000_u64.strict_add_signed(3 * steered));
            let (now, ahead) = clock.read();
            assert!(now >= last, "{now} after {last}");
            assert!(ahead.abs() <= 1_100_000, "{ahead} ns ahead, more than a second's change");
            last = now;
        }
        assert_eq!(clock.source.asked.load(Ordering::Relaxed), 1, "nothing was suspicious");
    }

    #[test]
    fn what_readings_are_ahead_is_shed_within_a_line() {
        let clock = clock();
        clock.warm_up();
        clock.pass(2 * SECOND);
        clock.now();
        // from here on the other clock goes slower, by 1 in 10,000
        let pass = |ticks: u64| clock.pass_at(ticks / 30_000 * 9_999, ticks);
        pass(3 * SECOND);
        assert!(clock.read().1.abs_diff(100_000) < 100, "{:?}: not back", clock.read());
        pass(3 * SECOND / 2);
        assert!(clock.read().1.abs_diff(50_000) < 100, "{:?}", clock.read());
        pass(3 * SECOND / 2);
        assert!(clock.read().1.abs_diff(0) < 100, "{:?}", clock.read());
    }

    #[test]
    fn after_the_counter_was_set_or_the_machine_slept_all_is_measured_anew() {
        let events: [fn(&Counted<Manual>); 2] = [
            |clock| clock.source.ticks.store(5, Ordering::SeqCst),
            |clock| clock.pass_at(0, 3 * 3600 * SECOND),
        ];
        for event in events {
            let clock = clock();
            clock.warm_up();
            let mut last = clock.now();
            event(&clock);
            for _ in 0..3000 {
                clock.pass(1_000_000);
                let now = clock.now();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
            assert!(clock.is_counting());
            assert!(clock.read().1 < 1000);
            assert_eq!(clock.source.asked.load(Ordering::Relaxed), 2);
        }
    }

    #[test]
    fn a_counter_that_is_refused_is_not_read() {
        let clock = clock();
        clock.source.trusted.store(false, Ordering::Relaxed);
        for _ in 0..100 {
            clock.pass(SECOND);
            assert_eq!(clock.read().1, 0);
        }
        assert_eq!(clock.source.asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_comparison_that_was_interrupted_is_not_used() {
        let clock = clock();
        clock.source.step.store(NARROW + 1, Ordering::Relaxed);
        for _ in 0..100 {
            clock.pass(SECOND);
            assert_eq!(clock.read().1, 0);
        }
        assert!(!clock.is_counting());
        clock.source.step.store(NARROW, Ordering::Relaxed);
        clock.warm_up();
    }

    #[test]
    fn nobody_waits_for_a_thread_that_draws_and_fork_left_none() {
        let clock = clock();
        clock.warm_up();
        clock.writer.store(process::id(), Ordering::Relaxed);
        for _ in 0..10 {
            clock.pass(SECOND);
            assert_eq!(clock.read().1, 0, "the other clock's");
        }
        let number = clock.number.load(Ordering::Relaxed);
        clock.writer.store(process::id() ^ 1, Ordering::Relaxed);
        clock.now();
        assert_eq!(clock.number.load(Ordering::Relaxed), number + 1);
        clock.pass(SECOND / 2);
        assert!(clock.is_counting());
        assert_eq!(clock.read().1, 0);
    }

    #[test]
    fn threads_that_draw_lines_together_see_no_reading_go_back() {
        const READINGS: u64 = 100_000;

        /// One thing that passes is both clocks.
        struct Passing(AtomicU64);
        impl Source for Passing {
            fn ticks(&self) -> u64 {
                self.0.fetch_add(1000, Ordering::SeqCst)
            }
            fn nanos(&self) -> u64 {
                self.0.fetch_add(1000, Ordering::SeqCst) * 100
            }
            fn is_trusted(&self) -> bool {
                true
            }
        }

        let clock = Counted::new(Passing(AtomicU64::new(1)));
        let latest = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..READINGS {
                        let before = latest.load(Ordering::SeqCst);
                        let now = clock.now();
                        assert!(now >= before, "{now} after {before}");
                        latest.fetch_max(now, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(clock.number.load(Ordering::Relaxed) > 20, "lines were drawn");
        let passed = clock.source.0.load(Ordering::SeqCst) * 100;
        assert!(clock.now().abs_diff(passed) < SECOND, "{passed}");
    }
}
