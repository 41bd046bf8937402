//! How an execution becomes an exemplar: once a bucket, row and epoch, beside the hot path.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use telemetry::{Execution, Number, SpanContext, Value};

use super::exemplars::{Bucket, is_sampled, sampled};
use super::plan::{Feed, Group, Member, Plan};
use super::reading::Read;
use super::rows::Rows;
use super::shared::{Shared, StoreId};
use super::snapshot::Exemplar;
use super::table::Slot;
use super::writer::with_rows;

/// The field of a span's own events.
const SPAN_CONTEXT: &str = "span_context";

impl Plan {
    /// Offers an exemplar for each distribution of the group whose bucket has none in this epoch. An
    /// execution without a span has none to offer.
    #[cold]
    pub(super) fn sample(
        &self,
        feed: &Feed,
        store: StoreId,
        execution: &Execution<'_>,
        slot: impl FnOnce(&Rows) -> Option<Slot>,
        numbers: &[Read],
    ) {
        let context = context(execution);
        let group = &self.groups[feed.group];
        with_rows(store, feed.group, |shared, rows| {
            let slot = slot(rows)?;
            let sampling = Sampling { shared, rows, group, slot, context };
            for (reading, read) in feed.readings.iter().zip(numbers) {
                let Read::Number(number) = *read else { continue };
                for member in &reading.members {
                    sampling.sample(feed.group, &group.members[*member], number);
                }
            }
            Some(())
        });
    }
}

/// The span that the execution tells of, or else the one that it happens in.
fn context(execution: &Execution<'_>) -> Option<SpanContext> {
    match execution.metadata().get(SPAN_CONTEXT) {
        Some(Value::SpanContext(context)) => Some(*context),
        _ => SpanContext::current(),
    }
}

struct Sampling<'s> {
    shared: &'s Shared,
    rows: &'s Rows,
    group: &'s Group,
    slot: Slot,
    context: Option<SpanContext>,
}

impl Sampling<'_> {
    fn sample(&self, group: usize, member: &Member, number: Number) {
        let Self { shared, rows, slot, .. } = *self;
        let (layout, exemplars) = (self.group.layout, &shared.exemplars);
        let row = rows.row(slot, layout);
        let Some((bucket, cell)) = member.cells.sampling(row, number) else { return };
        let (before, epoch) = (cell.load(Ordering::Relaxed), exemplars.epoch());
        if is_sampled(before, bucket, epoch) {
            return;
        }
        let is_done = self.context.is_none_or(|span_context| {
            let place = member.cells.is_fixed().then(|| usize::try_from(bucket).ok()).flatten();
            let value = member.cells.conversion.apply(number.as_f64());
            let time = SystemTime::now();
            let exemplar = Exemplar { bucket: place, value, time, span_context };
            let series = rows.series(slot, layout);
            // If series are gone that the row does not know of, its own may be among them.
            let may_keep = || shared.registry(group).retirements() == rows.swept();
            exemplars.offer(
                Bucket { metric: member.metric, series, place: bucket },
                exemplar,
                may_keep,
            )
        });
        if is_done {
            cell.store(sampled(before, bucket, epoch), Ordering::Relaxed);
        }
    }
}
