//! The windows of all series of one summary: the reader's side of [`Window`].

use std::collections::HashMap;
use std::time::Duration;

use super::counts::Counts;
use super::snapshot::Total;
use super::window::{Recent, Slots, Window};

/// Empty for a metric that is no summary, and before the first tick.
#[derive(Debug, Default)]
pub(super) struct Windows {
    slots: Slots,
    /// By the series' number.
    by_series: HashMap<u32, Window>,
    /// When the last tick was.
    ticked: Duration,
}

impl Windows {
    /// Ends the slots before `now`, given the totals of all series.
    pub(super) fn tick<'c>(
        &mut self,
        now: Duration,
        series: impl Iterator<Item = (u32, &'c Counts, Total)>,
    ) {
        for (number, counts, sum) in series.filter(|(_, counts, _)| !counts.is_empty()) {
            // What a new series has measured was measured since the last tick.
            let new = || Window::new(self.slots, self.ticked);
            self.by_series.entry(number).or_insert_with(new).tick(now, counts, sum);
        }
        self.ticked = now;
    }

    /// What is in the window of a series, given its totals.
    pub(super) fn current(
        &self,
        number: u32,
        now: Duration,
        counts: &Counts,
        sum: Total,
    ) -> Recent {
        match self.by_series.get(&number) {
            Some(window) => window.current(now, counts, sum),
            None => Recent { sketch: counts.clone().into(), sum },
        }
    }

    /// Forgets series whose numbers others may have next.
    pub(super) fn forget(&mut self, numbers: &[u32]) {
        for number in numbers {
            self.by_series.remove(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn counts(values: &[i32]) -> Counts {
        values.iter().map(|value| (*value, 1)).collect()
    }

    fn in_window(windows: &Windows, number: u32, now: Duration, counts: &Counts) -> u64 {
        windows.current(number, now, counts, Total::Integer(0)).sketch.count()
    }

    #[test]
    fn series_that_is_new_at_a_tick_leaves_with_the_others() {
        let mut windows = Windows::default();
        let (old, new) = (counts(&[1]), counts(&[1, 2]));
        windows.tick(10 * SECOND, [(0, &old, Total::Integer(0))].into_iter());
        let both = [(0, &old, Total::Integer(0)), (1, &new, Total::Integer(0))];
        windows.tick(20 * SECOND, both.into_iter());
        assert_eq!(in_window(&windows, 0, 59 * SECOND, &old), 1);
        assert_eq!(in_window(&windows, 0, 60 * SECOND, &old), 0);
        assert_eq!(in_window(&windows, 1, 69 * SECOND, &new), 2);
        assert_eq!(in_window(&windows, 1, 70 * SECOND, &new), 0);
    }

    #[test]
    fn before_the_first_tick_everything_is_in_the_window() {
        let windows = Windows::default();
        assert_eq!(in_window(&windows, 7, 10_000 * SECOND, &counts(&[1, 2, 3])), 3);
    }

    #[test]
    fn next_series_of_a_number_begins_with_an_empty_past() {
        let mut windows = Windows::default();
        windows.tick(10 * SECOND, [(0, &counts(&[1, 2]), Total::Integer(0))].into_iter());
        windows.forget(&[0]);
        assert_eq!(in_window(&windows, 0, 11 * SECOND, &counts(&[1])), 1);
    }
}
