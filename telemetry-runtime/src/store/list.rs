//! The series of a group as readers see them.

use super::known::Totals;
use super::tags::Tags;

/// The series of a group at one moment.
#[derive(Debug, Default)]
pub(super) struct SeriesList {
    /// Which state of the registry this is.
    pub(super) version: u64,
    /// By number; `None` for one that is gone.
    pub(super) tags: Vec<Option<Tags>>,
    /// The numbers in the order of the tags.
    pub(super) order: Vec<u32>,
    pub(super) overflow: Option<u32>,
    pub(super) totals: Totals,
}

impl SeriesList {
    pub(super) fn new(
        version: u64,
        tags: Vec<Option<Tags>>,
        overflow: Option<u32>,
        totals: Totals,
    ) -> Self {
        let mut order: Vec<(u32, &Tags)> =
            (0..).zip(&tags).filter_map(|(number, tags)| Some((number, tags.as_ref()?))).collect();
        order.sort_unstable_by_key(|(_, tags)| *tags);
        let order = order.into_iter().map(|(number, _)| number).collect();
        Self { version, tags, order, overflow, totals }
    }
}
