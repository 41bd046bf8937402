//! What the reader keeps from one look at a group to the next.

use std::time::Duration;

use super::cells::{CellKind, Cells};
use super::idle::Idle;
use super::list::SeriesList;
use super::merge::Merged;
use super::pattern::Pattern;
use super::plan::Group;
use super::shared::Shared;
use super::snapshot::MetricSnapshot;
use super::sync::{Arc, Ordering};
use super::tags::Tags;
use super::windows::Windows;

/// A group as it was when somebody looked at it last.
#[derive(Debug)]
pub(super) struct Past {
    /// The group's place in the plan.
    place: usize,
    list: Arc<SeriesList>,
    /// Whether it has windows, or series that expire.
    has_time: bool,
    /// By member.
    windows: Box<[Windows]>,
    /// Of a group whose series expire.
    idle: Option<Idle>,
    /// What its events had counted when its series began.
    counted: u64,
    /// Executions of the series that are gone, as of when they went.
    gone: u64,
}

/// What one look at a group found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    pub(super) series: usize,
    pub(super) overflowed: u64,
    pub(super) skipped: u64,
}

impl Past {
    pub(super) fn new(place: usize, group: &Group) -> Self {
        let mut members = group.members.iter();
        let has_windows = members.any(|member| is_summary(&member.cells));
        Self {
            place,
            list: Arc::default(),
            has_time: has_windows || group.expire_after.is_some(),
            windows: group.members.iter().map(|_| Windows::default()).collect(),
            idle: group.expire_after.map(Idle::new),
            counted: group.executions(),
            gone: 0,
        }
    }

    pub(super) fn list(&self) -> &SeriesList {
        &self.list
    }

    /// Looks which series there are.
    pub(super) fn look(&mut self, shared: &Shared) {
        self.list = shared.registry(self.place).list(&self.list);
    }

    /// The metrics of the group, each with its place among all.
    pub(super) fn metrics(
        &mut self,
        shared: &Shared,
        now: Duration,
    ) -> impl Iterator<Item = (usize, MetricSnapshot)> {
        let group = shared.group(self.place);
        let counted = shared.counted(self.place).wrapping_sub(self.counted);
        if counted > 0 {
            // It may have been pruned.
            shared.registry(self.place).open_untagged(shared.limit());
        }
        self.look(shared);
        let mut merged = Merged::read(group, &self.list, &shared.rows(self.place), |_| true);
        merged.count(&self.list, counted);
        merged.into_metrics(shared, group, &self.list, &self.windows, now, self.gone)
    }

    /// Slides the windows, and closes or forgets the series that rest.
    pub(super) fn tick(&mut self, shared: &Shared, now: Duration) -> Found {
        self.look(shared);
        let (group, rows) = (shared.group(self.place), shared.rows(self.place));
        let skipped = rows.iter().flat_map(|rows| &rows.skipped);
        let skipped = skipped.map(|count| count.load(Ordering::Relaxed)).sum();
        if !self.has_time && self.list.overflow.is_none() {
            return Found { series: self.list.order.len(), overflowed: 0, skipped };
        }
        let merged = Merged::read(group, &self.list, &rows, is_summary);
        for (member, windows) in self.windows.iter_mut().enumerate() {
            if is_summary(&group.members[member].cells) {
                windows.tick(now, merged.summaries(member));
            }
        }
        let overflowed = merged.overflowed(&self.list);
        self.expire(shared, now, &merged);
        self.look(shared);
        Found { series: self.list.order.len(), overflowed, skipped }
    }

    fn expire(&mut self, shared: &Shared, now: Duration, merged: &Merged) {
        let Some(idle) = &mut self.idle else { return };
        let list = &self.list;
        let may_expire =
            |number: u32, tags: &Option<Tags>| tags.is_some() && list.overflow != Some(number);
        let series = (0..).zip(&list.tags).zip(&merged.executions);
        let rested = idle.tick(
            now,
            series.map(|((number, tags), executions)| {
                may_expire(number, tags).then_some(*executions)
            }),
        );
        shared.close_series(self.place, &rested.close);
        if rested.expire.is_empty() {
            return;
        }
        let expired = shared.expire(self.place, &rested.expire);
        self.gone += expired.iter().map(|number| merged.executions[*number as usize]).sum::<u64>();
        // Those that are not gone were opened meanwhile.
        idle.forget(rested.expire.iter().map(|(number, _)| *number));
        self.forget(&expired);
    }

    /// Forgets the series that match; gives how many there were.
    pub(super) fn prune(&mut self, shared: &Shared, pattern: &Pattern<'_>) -> usize {
        self.look(shared);
        let tags = (0..).zip(&self.list.tags);
        let matching =
            tags.filter(|(_, tags)| tags.as_ref().is_some_and(|tags| pattern.matches(tags)));
        let (group, rows) = (shared.group(self.place), shared.rows(self.place));
        let merged = Merged::read(group, &self.list, &rows, |_| false);
        let executions = |number: u32| merged.executions[number as usize];
        let matching: Vec<(u32, u64)> =
            matching.map(|(number, _)| (number, executions(number))).collect();
        let pruned = shared.prune(self.place, &matching);
        self.forget(&pruned);
        if !pruned.is_empty() {
            self.gone += pruned.iter().map(|number| executions(*number)).sum::<u64>();
            let counted = shared.counted(self.place);
            self.gone += counted.wrapping_sub(self.counted);
            self.counted = counted;
        }
        pruned.len()
    }

    fn forget(&mut self, numbers: &[u32]) {
        self.windows.iter_mut().for_each(|windows| windows.forget(numbers));
        if let Some(idle) = &mut self.idle {
            idle.forget(numbers.iter().copied());
        }
    }
}

fn is_summary(cells: &Cells) -> bool {
    matches!(cells.kind, CellKind::Summary { .. })
}
