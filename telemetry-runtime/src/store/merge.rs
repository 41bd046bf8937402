//! The rows of all threads made one: what a snapshot shows.

use std::sync::Arc;
use std::time::Duration;

use telemetry::{Conversion, Number, Unit};

use super::cells::{self, CellKind, Cells, EXECUTIONS};
use super::chunk::Row;
use super::counts::Counts;
use super::exponential::Exponential;
use super::list::SeriesList;
use super::plan::{Group, Member};
use super::rows::SharedRows;
use super::shared::Shared;
use super::snapshot::{Column, MetricSnapshot, Skip, Summary, Total};
use super::sum::Accumulator;
use super::sync::Ordering;
use super::window::Recent;
use super::windows::Windows;

/// One group, summed over all threads.
pub(super) struct Merged {
    members: Vec<Merging>,
    /// By the series' number.
    pub(super) executions: Vec<u64>,
    /// By member and reason.
    pub(super) skipped: Vec<u64>,
}

/// The values of one metric while rows are added, by the series' number.
enum Merging {
    Counter,
    Sum(Vec<(u64, Accumulator)>),
    LastValue(Vec<Option<(u64, Number)>>),
    Fixed { counts: Vec<u64>, sums: Vec<Accumulator> },
    Exponential(Vec<(Counts, Accumulator)>),
    Summary(Vec<(Counts, (f64, f64), Accumulator)>),
}

impl Merged {
    /// The series that are in the list, and of them the members that are wanted.
    pub(super) fn read(
        group: &Group,
        list: &SeriesList,
        rows: &[Arc<SharedRows>],
        wants: impl Fn(&Cells) -> bool,
    ) -> Self {
        let series = list.tags.len();
        let merging = |member: &Member| match &member.cells {
            cells if wants(cells) => Merging::new(cells, series),
            _ => Merging::Counter,
        };
        let mut merged = Self {
            members: group.members.iter().map(merging).collect(),
            executions: vec![0; series],
            skipped: vec![0; group.members.len() * Skip::ALL.len()],
        };
        for rows in rows {
            for chunk in rows.chunks() {
                for (number, row) in chunk.rows(group.layout) {
                    merged.add(group, number as usize, row);
                }
            }
            for (skipped, cell) in merged.skipped.iter_mut().zip(&rows.skipped) {
                *skipped += cell.load(Ordering::Relaxed);
            }
        }
        merged
    }

    fn add(&mut self, group: &Group, number: usize, row: Row<'_>) {
        // A series that is newer than the list is shown by the next snapshot.
        let Some(executions) = self.executions.get_mut(number) else { return };
        *executions += row.cells[EXECUTIONS].load(Ordering::Relaxed);
        for (merging, member) in self.members.iter_mut().zip(&group.members) {
            merging.add(&member.cells, number, row);
        }
    }

    /// Adds executions that were counted where they were executed: those of the group's one series.
    pub(super) fn count(&mut self, list: &SeriesList, counted: u64) {
        if let Some(number) = list.order.first() {
            self.executions[*number as usize] += counted;
        }
    }

    /// How often the group's overflow series was executed.
    pub(super) fn overflowed(&self, list: &SeriesList) -> u64 {
        list.overflow.map_or(0, |number| self.executions[number as usize])
    }

    /// The counts and the sum of a summary by the series' number; nothing of other members.
    pub(super) fn summaries(&self, member: usize) -> impl Iterator<Item = (u32, &Counts, Total)> {
        let values = match &self.members[member] {
            Merging::Summary(values) => &values[..],
            _ => &[],
        };
        (0..).zip(values).map(|(number, (counts, _, total))| (number, counts, raw(total)))
    }

    /// The metrics of the group, each with its place among all. `gone` are the executions of series
    /// that are gone.
    pub(super) fn into_metrics(
        self,
        shared: &Shared,
        group: &Group,
        list: &Arc<SeriesList>,
        windows: &[Windows],
        now: Duration,
        gone: u64,
    ) -> impl Iterator<Item = (usize, MetricSnapshot)> {
        let overflowed = self.overflowed(list);
        let Self { members, executions, skipped } = self;
        let executions = Arc::new(executions);
        let is_untagged = group.tags == 0;
        let members = members.into_iter().zip(&group.members).zip(windows).enumerate();
        members.map(move |(place, ((merging, member), windows))| {
            let mut of_member = [0; Skip::ALL.len()];
            let first = place * Skip::ALL.len();
            of_member.copy_from_slice(&skipped[first..first + Skip::ALL.len()]);
            let window = |number, counts: &Counts, sum| windows.current(number, now, counts, sum);
            let snapshot = MetricSnapshot {
                metric: shared.plan().metrics[member.metric].clone(),
                list: list.clone(),
                column: merging.into_column(&member.cells, &executions, is_untagged, window),
                exemplars: Vec::new(),
                skipped: of_member,
                overflowed,
                executions: executions.clone(),
                gone: gone + list.totals.late,
            };
            (member.metric, snapshot)
        })
    }
}

impl Merging {
    fn new(cells: &Cells, series: usize) -> Self {
        match &cells.kind {
            CellKind::Counter => Self::Counter,
            CellKind::Sum { .. } => Self::Sum(vec![Default::default(); series]),
            CellKind::LastValue { .. } => Self::LastValue(vec![None; series]),
            CellKind::Fixed { .. } => Self::Fixed {
                counts: vec![0; series * cells.width()],
                sums: vec![Accumulator::default(); series],
            },
            CellKind::Exponential { .. } => Self::Exponential(vec![Default::default(); series]),
            CellKind::Summary { .. } => Self::Summary(vec![
                (
                    Counts::new(),
                    (f64::INFINITY, f64::NEG_INFINITY),
                    Accumulator::default()
                );
                series
            ]),
        }
    }

    fn add(&mut self, cells: &Cells, number: usize, row: Row<'_>) {
        match (self, &cells.kind) {
            (Self::Sum(sums), CellKind::Sum { count, sum }) => {
                let (total_count, total) = &mut sums[number];
                *total_count += row.cells[*count].load(Ordering::Relaxed);
                sum.read(row.cells, total);
            }
            (Self::LastValue(values), CellKind::LastValue { first }) => {
                let last = cells::last(&row.cells[*first..]);
                let place = &mut values[number];
                let is_later =
                    |&(reading, _): &(u64, Number)| place.is_none_or(|(known, _)| reading > known);
                if let Some(later) = last.filter(is_later) {
                    *place = Some(later);
                }
            }
            (Self::Fixed { counts, sums }, CellKind::Fixed { first, sum, .. }) => {
                let width = cells.width();
                let of_series = &mut counts[number * width..(number + 1) * width];
                for (count, cell) in of_series.iter_mut().zip(&row.cells[*first..]) {
                    *count += cell.load(Ordering::Relaxed);
                }
                sum.read(row.cells, &mut sums[number]);
            }
            (Self::Exponential(values), CellKind::Exponential { sparse, sum, .. }) => {
                let (counts, total) = &mut values[number];
                row.sparse[*sparse].read_into(counts);
                sum.read(row.cells, total);
            }
            (Self::Summary(values), CellKind::Summary { sparse, range, sum }) => {
                let (counts, (least, greatest), total) = &mut values[number];
                row.sparse[*sparse].read_into(counts);
                let of_row = cells::range(&row.cells[*range..]);
                *least = least.min(of_row.0);
                *greatest = greatest.max(of_row.1);
                sum.read(row.cells, total);
            }
            _ => {}
        }
    }

    /// `shows_all`: a series that was not measured yet is shown as well.
    fn into_column(
        self,
        cells: &Cells,
        executions: &Arc<Vec<u64>>,
        shows_all: bool,
        window: impl Fn(u32, &Counts, Total) -> Recent,
    ) -> Column {
        let conversion = cells.conversion;
        match self {
            Self::Counter => Column::Counter(executions.clone()),
            Self::Sum(sums) => Column::Sum(
                sums.iter()
                    .map(|(count, total)| {
                        (*count > 0 || shows_all).then(|| total.total(conversion))
                    })
                    .collect(),
            ),
            Self::LastValue(values) => Column::LastValue(
                values
                    .into_iter()
                    .map(|last| last.map(|(_, number)| Total::from(number).converted(conversion)))
                    .collect(),
            ),
            Self::Fixed { counts, sums } => Column::Fixed {
                width: cells.width(),
                counts,
                sums: sums.iter().map(|total| total.total(conversion)).collect(),
            },
            Self::Exponential(values) => Column::Exponential(
                values
                    .into_iter()
                    .map(|(counts, total)| {
                        (!counts.is_empty() || shows_all)
                            .then(|| (Exponential::from(&counts), total.total(conversion)))
                    })
                    .collect(),
            ),
            Self::Summary(values) => Column::Summary(
                (0..)
                    .zip(values)
                    .map(|(number, (counts, range, total))| {
                        (!counts.is_empty() || shows_all).then(|| {
                            let (count, sum) = (counts.total(), total.total(conversion));
                            let Recent { sketch, sum: recent } =
                                window(number, &counts, raw(&total));
                            let window_sum = recent.converted(conversion);
                            Summary {
                                count,
                                sum,
                                range,
                                all: counts.into(),
                                window: sketch,
                                window_sum,
                                conversion,
                            }
                        })
                    })
                    .collect(),
            ),
        }
    }
}

/// In the measurement's unit: so windows subtract integers where the measurements are.
fn raw(total: &Accumulator) -> Total {
    total.total(Conversion::none(Unit::NONE))
}
