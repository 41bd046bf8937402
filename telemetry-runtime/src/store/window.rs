//! The sliding window of a summary: what was measured in the last minute, by differences of
//! cumulative counts.
//!
//! Nothing on the way of a measurement knows of windows. Time is cut into slots; where one ends,
//! [`Window::tick`] keeps what was counted in it, and [`Window::current`] adds the slots that are
//! still in the window to what was counted since. The clock is an argument: any monotonic one, from
//! any origin, the same for all calls.
//!
//! # What is in the window
//! The slot that runs and the whole ones before it: with 6 slots in 60 seconds, the last 50 to 60
//! seconds. A tick that comes late counts what it finds to the slot that ended last, so that
//! lateness only moves measurements between slots: every one is in the window when it is made, and
//! then for the window's length less a slot and less the tick's delay. Where ticks are missed, that
//! time begins with the next tick: measurements stay longer, none leaves unseen. A clock that steps
//! back lets nothing leave.
//!
//! # Cost
//! The counts as they were at the last tick that found new ones, and those of each slot in which
//! there were any: 16 bytes for each occupied bucket. A series that rests costs a tick one
//! comparison of its counts, and holds but the former.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use super::counts::Counts;
use super::sketch::Sketch;
use super::snapshot::Total;

/// How long a window is, and in how many steps it slides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slots {
    /// How many are in a window, the one that runs among them.
    pub(crate) count: NonZeroU32,
    /// How long each one is. At zero, every nanosecond is a slot.
    pub(crate) length: Duration,
}

impl Default for Slots {
    /// 6 slots of 10 seconds.
    fn default() -> Self {
        Self { count: NonZeroU32::MIN.saturating_add(5), length: Duration::from_secs(10) }
    }
}

impl Slots {
    /// The number of the slot that runs.
    fn at(self, now: Duration) -> u128 {
        now.as_nanos() / self.length.as_nanos().max(1)
    }

    /// The number of the first slot in the window.
    fn first_at(self, now: Duration) -> u128 {
        self.at(now).saturating_sub(u128::from(self.count.get()) - 1)
    }
}

/// The past of a series that its window needs.
#[derive(Debug)]
pub(crate) struct Window {
    slots: Slots,
    /// The slot in which the last tick was.
    ticked: u128,
    /// The totals at the last tick.
    counts: Counts,
    sum: Total,
    /// Slots in which something was counted, the oldest first.
    past: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    number: u128,
    counts: Counts,
    /// The series' sum before what is counted here.
    sum_before: Total,
}

/// The measurements in a window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recent {
    /// All of them.
    pub(crate) sketch: Sketch,
    /// Their sum: exact for integers, within the rounding of the series' own sum for floats.
    pub(crate) sum: Total,
}

impl Window {
    /// The window of a series that begins now, with nothing counted.
    pub(crate) fn new(slots: Slots, now: Duration) -> Self {
        Self {
            slots,
            ticked: slots.at(now),
            counts: Counts::new(),
            sum: Total::Integer(0),
            past: VecDeque::new(),
        }
    }

    /// Whether a slot has ended since the last tick: until then, a tick does nothing.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.slots.at(now) > self.ticked
    }

    /// Ends the slots before `now`, given the series' totals. May be called at any time, the sooner
    /// after a slot's end the better.
    pub(crate) fn tick(&mut self, now: Duration, counts: &Counts, sum: Total) {
        if !self.is_due(now) {
            return;
        }
        self.ticked = self.slots.at(now);
        if *counts != self.counts {
            self.past.push_back(Slot {
                number: self.ticked - 1,
                counts: counts.difference(&self.counts),
                sum_before: self.sum,
            });
            self.counts.clone_from(counts);
            // with its measurements: a sum that was read ahead of them waits for them
            self.sum = sum;
        }
        let first = self.slots.first_at(now);
        while self.past.pop_front_if(|slot| slot.number < first).is_some() {}
    }

    /// What is in the window, given the series' totals.
    pub(crate) fn current(&self, now: Duration, counts: &Counts, sum: Total) -> Recent {
        let first = self.slots.first_at(now);
        let mut recent = counts.difference(&self.counts);
        let mut sum_before = self.sum;
        for slot in self.past.iter().rev().take_while(|slot| slot.number >= first) {
            recent.merge(&slot.counts);
            sum_before = slot.sum_before;
        }
        Recent { sketch: recent.into(), sum: less(sum, sum_before) }
    }
}

fn less(sum: Total, before: Total) -> Total {
    match (sum, before) {
        (Total::Integer(sum), Total::Integer(before)) => Total::Integer(sum.saturating_sub(before)),
        (sum, before) => Total::Float(sum.as_f64() - before.as_f64()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::sketch::index_of;

    /// A series that measures integers, with its window.
    struct Series {
        now: Duration,
        counts: Counts,
        sum: i128,
        window: Window,
    }

    impl Series {
        fn new() -> Self {
            let now = Duration::from_secs(1_000);
            let window = Window::new(Slots::default(), now);
            Self { now, counts: Counts::new(), sum: 0, window }
        }

        fn measure(&mut self, value: u32) {
            self.counts.merge(&[(index_of(value.into()), 1)].into_iter().collect());
            self.sum += i128::from(value);
        }

        fn wait(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }

        fn tick(&mut self) {
            self.window.tick(self.now, &self.counts, Total::Integer(self.sum));
        }

        fn current(&self) -> Recent {
            self.window.current(self.now, &self.counts, Total::Integer(self.sum))
        }
    }

    fn recent(values: &[u32]) -> Recent {
        let counts: Counts = values.iter().map(|value| (index_of((*value).into()), 1)).collect();
        Recent {
            sketch: counts.into(),
            sum: Total::Integer(values.iter().map(|value| i128::from(*value)).sum()),
        }
    }

    #[test]
    fn measurements_leave_after_the_window() {
        let mut series = Series::new();
        series.measure(7);
        for slot in 1..=5 {
            series.wait(10);
            series.tick();
            series.measure(100 + slot);
        }
        assert_eq!(series.current(), recent(&[7, 101, 102, 103, 104, 105]));
        series.wait(9);
        assert_eq!(series.current(), recent(&[7, 101, 102, 103, 104, 105]));
        series.wait(1);
        assert_eq!(series.current(), recent(&[101, 102, 103, 104, 105]));
        series.tick();
        assert_eq!(series.current(), recent(&[101, 102, 103, 104, 105]));
    }

    #[test]
    fn series_that_rests_empties_and_holds_no_slots() {
        let mut series = Series::new();
        series.measure(7);
        for _ in 0..6 {
            series.wait(10);
            series.tick();
        }
        assert_eq!(series.current(), recent(&[]));
        assert!(series.window.past.is_empty());
        series.measure(8);
        assert_eq!(series.current(), recent(&[8]));
    }

    #[test]
    fn measurements_of_missed_ticks_are_seen_before_they_leave() {
        let mut series = Series::new();
        series.measure(7);
        series.wait(500);
        assert_eq!(series.current(), recent(&[7]));
        series.tick();
        assert_eq!(series.current(), recent(&[7]));
        series.wait(49);
        assert_eq!(series.current(), recent(&[7]));
        series.wait(1);
        assert_eq!(series.current(), recent(&[]));
    }

    #[test]
    fn clock_that_steps_back_lets_nothing_leave() {
        let mut series = Series::new();
        series.measure(7);
        series.wait(10);
        series.tick();
        series.now -= Duration::from_mins(15);
        series.measure(8);
        assert!(!series.window.is_due(series.now));
        series.tick();
        assert_eq!(series.current(), recent(&[7, 8]));
    }

    #[test]
    fn ticks_within_a_slot_change_nothing() {
        let mut series = Series::new();
        series.measure(7);
        series.wait(9);
        series.tick();
        assert!(series.window.past.is_empty() && series.window.counts.is_empty());
        series.wait(1);
        assert!(series.window.is_due(series.now));
    }

    #[test]
    fn sums_of_integers_are_exact_past_the_floats() {
        let mut series = Series::new();
        series.sum = 1 << 80;
        series.measure(7);
        series.wait(10);
        series.tick();
        series.wait(60);
        series.measure(3);
        assert_eq!(series.current(), recent(&[3]));
    }

    #[test]
    fn window_of_one_slot_is_the_slot_that_runs() {
        let slots = Slots { count: NonZeroU32::MIN, length: Duration::ZERO };
        let mut window = Window::new(slots, Duration::ZERO);
        let counts: Counts = [(3, 1)].into_iter().collect();
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(window.current(Duration::ZERO, &counts, Total::Float(0.5)).sketch.count(), 1);
        window.tick(nanosecond, &counts, Total::Float(0.5));
        let left = window.current(nanosecond, &counts, Total::Float(0.5));
        assert_eq!(left, Recent { sketch: Sketch::default(), sum: Total::Float(0.0) });
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// With a tick at each slot's beginning, the window is exactly its slots.
        #[test]
        fn window_holds_the_measurements_of_its_slots(
            slots in prop::collection::vec(prop::collection::vec(0..10_000_u32, 0..5), 1..30),
        ) {
            let mut series = Series::new();
            for end in 1..=slots.len() {
                slots[end - 1].iter().for_each(|value| series.measure(*value));
                let expected = slots[end.saturating_sub(6)..end].concat();
                prop_assert_eq!(series.current(), recent(&expected));
                prop_assert!(series.window.past.len() <= 5);
                series.wait(10);
                series.tick();
            }
        }

        /// However late and rare the ticks are, a measurement leaves five slots after the one in
        /// which a tick first found it, neither earlier nor later.
        #[test]
        fn measurements_stay_for_five_slots_from_the_tick_that_finds_them(
            steps in prop::collection::vec((0..40_u64, any::<bool>()), 1..60),
        ) {
            let mut series = Series::new();
            // by measurement: the slot of the first tick after it
            let mut found: Vec<Option<u64>> = Vec::new();
            for (wait, ticks) in steps {
                series.wait(wait);
                let slot = series.now.as_secs() / 10;
                if ticks {
                    if series.window.is_due(series.now) {
                        for found in &mut found {
                            *found = found.or(Some(slot));
                        }
                    }
                    series.tick();
                }
                let stays = |found: &&Option<u64>| found.is_none_or(|found| slot < found + 5);
                let expected = found.iter().filter(stays).count();
                prop_assert_eq!(series.current().sketch.count(), expected as u64);
                series.measure(1);
                found.push(None);
            }
        }
    }
}
