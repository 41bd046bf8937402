//! The rows of all threads made one: what a snapshot shows.

use std::sync::Arc;

use telemetry::Number;

use super::cells::{self, CellKind, Cells, EXECUTIONS};
use super::chunk::Row;
use super::counts::Counts;
use super::exponential::Exponential;
use super::plan::Group;
use super::registry::SeriesList;
use super::rows::SharedRows;
use super::shared::Shared;
use super::sketch::Sketch;
use super::snapshot::{Column, MetricSnapshot, Skip, Summary, Total};
use super::sum::Accumulator;
use super::sync::Ordering;

/// All metrics in the plan's order, with the series that are in the lists.
pub(super) fn metrics(shared: &Shared, lists: &[Arc<SeriesList>]) -> Vec<MetricSnapshot> {
    let mut metrics: Vec<(usize, MetricSnapshot)> = Vec::new();
    for (place, (group, list)) in shared.plan().groups.iter().zip(lists).enumerate() {
        let merged = Merged::read(group, list, &shared.rows(place));
        metrics.extend(merged.into_metrics(shared, group, list));
    }
    metrics.sort_unstable_by_key(|(metric, _)| *metric);
    metrics.into_iter().map(|(_, metric)| metric).collect()
}

/// One group, summed over all threads.
struct Merged {
    members: Vec<Merging>,
    executions: Vec<u64>,
    skipped: Vec<u64>,
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
    fn read(group: &Group, list: &SeriesList, rows: &[Arc<SharedRows>]) -> Self {
        let series = list.tags.len();
        let mut merged = Self {
            members: group
                .members
                .iter()
                .map(|member| Merging::new(&member.cells, series))
                .collect(),
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

    fn into_metrics(
        self,
        shared: &Shared,
        group: &Group,
        list: &Arc<SeriesList>,
    ) -> impl Iterator<Item = (usize, MetricSnapshot)> {
        let Self { members, executions, skipped } = self;
        let overflowed = list.overflow.map_or(0, |number| executions[number as usize]);
        let is_untagged = group.tags == 0;
        members.into_iter().zip(&group.members).enumerate().map(
            move |(place, (merging, member))| {
                let mut of_member = [0; Skip::ALL.len()];
                let first = place * Skip::ALL.len();
                of_member.copy_from_slice(&skipped[first..first + Skip::ALL.len()]);
                let snapshot = MetricSnapshot {
                    metric: shared.plan().metrics[member.metric].clone(),
                    list: list.clone(),
                    column: merging.into_column(&member.cells, &executions, is_untagged),
                    skipped: of_member,
                    overflowed,
                };
                (member.metric, snapshot)
            },
        )
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
            (Self::Exponential(values), CellKind::Exponential { sparse, sum }) => {
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
    fn into_column(self, cells: &Cells, executions: &[u64], shows_all: bool) -> Column {
        let conversion = cells.conversion;
        match self {
            Self::Counter => Column::Counter(executions.to_vec()),
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
                values
                    .into_iter()
                    .map(|(counts, range, total)| {
                        (!counts.is_empty() || shows_all).then(|| Summary {
                            count: counts.total(),
                            sum: total.total(conversion),
                            range,
                            window: Sketch::from(counts),
                            conversion,
                        })
                    })
                    .collect(),
            ),
        }
    }
}
