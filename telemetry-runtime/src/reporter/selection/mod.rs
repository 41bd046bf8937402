//! Which metrics a reporter is given, and under which names.
//!
//! The runtime applies it to each snapshot before the reporter sees it, so that no reporter needs
//! code for it: metrics are left out, those that stay have their new names, and the tags that all
//! series have stand in [`Snapshot::tags`](crate::Snapshot::tags). It costs a look-up for each metric
//! of a snapshot, and nothing for its series. What cannot be is an error when the runtime starts.

mod check;
mod chosen;

use std::collections::HashMap;
use std::sync::Arc;

use self::chosen::Chosen;
pub use self::chosen::Select;
use crate::error::Error;
use crate::exposition;
use crate::store::snapshot::{Metric, Snapshots};

/// Which metrics a reporter is given, and under which names: what
/// [`Reporter::selection`](super::Reporter::selection) returns.
///
/// ```
/// use telemetry_runtime::reporter::{Prometheus, Selection};
/// # mod events {
/// #     telemetry::events! {
/// #         event my_app.orders.placed { measurements { amount_cents: u64 } }
/// #         event my_app.debug.noise;
/// #     }
/// # }
/// # use events::my_app;
///
/// telemetry::metrics! {
///     pub static ORDERS;
///     counter(my_app.orders.placed.count);
///     sum(my_app.orders.placed.amount_cents);
/// }
/// telemetry::metrics! { counter(my_app.debug.noise.count); }
///
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// // the methods stand on each reporter of this crate as well
/// let prometheus = Prometheus::new()
///     .only(&ORDERS)
///     .except("my_app.orders.placed.count")
///     .rename("my_app.orders.placed.amount_cents", "revenue")
///     .prefix("shop")
///     .tag("env", "prod");
/// let same = Selection::all().only(&ORDERS).prefix("shop");
/// # let telemetry = telemetry_runtime::Telemetry::builder().admin("127.0.0.1:0").reporter(prometheus).start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<Chosen>,
    except: Vec<Chosen>,
    prefix: String,
    renamed: Vec<(String, String)>,
    tags: Vec<(String, String)>,
}

impl Selection {
    /// All metrics as they are.
    pub fn all() -> Self {
        Self::default()
    }

    /// These metrics alone. Said again, these as well.
    #[must_use]
    pub fn only(mut self, metrics: impl Select) -> Self {
        metrics.add_to(&mut self.only);
        self
    }

    /// Without these metrics, whatever [`only`](Self::only) says.
    #[must_use]
    pub fn except(mut self, metrics: impl Select) -> Self {
        metrics.add_to(&mut self.except);
        self
    }

    /// Puts these segments before all names, those that were given by [`rename`](Self::rename) too:
    /// `.prefix("shop")` makes `my_app.orders.placed.count` `shop.my_app.orders.placed.count`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Gives the metric of this name another one.
    #[must_use]
    pub fn rename(mut self, name: impl Into<String>, new_name: impl Into<String>) -> Self {
        self.renamed.push((name.into(), new_name.into()));
        self
    }

    /// A tag that all series have. Of one name the last value holds.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.tags.retain(|(known, _)| *known != name);
        self.tags.push((name, value.into()));
        self
    }

    /// What was given as the prefix.
    pub(in crate::reporter) fn prefix_given(&self) -> Option<&str> {
        (!self.prefix.is_empty()).then_some(&*self.prefix)
    }

    /// The tags that all series have.
    pub(in crate::reporter) fn tags_given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The metrics that a reporter sees, by name, and the snapshots that have these alone.
    ///
    /// # Errors
    /// When something that is named is not there, a new name is no name, two metrics come to one
    /// exposition name, or a metric has one of the tags already.
    pub(crate) fn of(
        &self,
        reporter: &str,
        metrics: &[Arc<Metric>],
        snapshots: &Snapshots,
    ) -> Result<(Vec<Arc<Metric>>, Snapshots), Error> {
        if self.is_all() {
            return Ok((metrics.to_vec(), snapshots.clone()));
        }
        self.check(metrics)
            .map_err(|fault| Error::conflict(format!("the reporter {reporter:?}: {fault}")))?;
        let kept = metrics.iter().filter(|metric| self.keeps(metric));
        let by_definition: HashMap<usize, Arc<Metric>> =
            kept.map(|metric| (address(metric), self.named(metric))).collect();
        let mut selected: Vec<_> = by_definition.values().cloned().collect();
        selected.sort_by(|a, b| a.name().cmp(b.name()));
        self.check_tags(&selected)
            .map_err(|fault| Error::conflict(format!("the reporter {reporter:?}: {fault}")))?;
        exposition::check(&selected)?;
        let tags: Arc<[(String, String)]> = self.tags.clone().into();
        let snapshots = snapshots.clone();
        let snapshots = Snapshots::new(move || {
            let choose = |metric: &Metric| by_definition.get(&address(metric)).cloned();
            snapshots.take().selected(choose, tags.clone())
        });
        Ok((selected, snapshots))
    }

    fn is_all(&self) -> bool {
        let Self { only, except, prefix, renamed, tags } = self;
        only.is_empty()
            && except.is_empty()
            && prefix.is_empty()
            && renamed.is_empty()
            && tags.is_empty()
    }

    fn keeps(&self, metric: &Metric) -> bool {
        let is_among = |chosen: &[Chosen]| chosen.iter().any(|chosen| chosen.has(metric));
        (self.only.is_empty() || is_among(&self.only)) && !is_among(&self.except)
    }

    fn named(&self, metric: &Arc<Metric>) -> Arc<Metric> {
        let renamed = self.renamed.iter().rev().find(|(name, _)| name == metric.name());
        let name = renamed.map_or(metric.name(), |(_, new_name)| new_name);
        let prefix = self.prefix.trim_end_matches('.');
        let name = if prefix.is_empty() { name.into() } else { format!("{prefix}.{name}") };
        if name == metric.name() { metric.clone() } else { Arc::new(metric.renamed(name)) }
    }
}

fn address(metric: &Metric) -> usize {
    std::ptr::from_ref(metric.definition()).addr()
}

/// The methods of [`Selection`] on a reporter that has a field of this name.
macro_rules! selects {
    () => {
        /// Reports these metrics alone: a group of them, `&WEB`, names or first segments of names,
        /// or an array of either. Said again, these as well.
        #[must_use]
        pub fn only(mut self, metrics: impl $crate::reporter::Select) -> Self {
            self.selection = self.selection.only(metrics);
            self
        }

        /// Leaves these metrics out, whatever [`only`](Self::only) says.
        #[must_use]
        pub fn except(mut self, metrics: impl $crate::reporter::Select) -> Self {
            self.selection = self.selection.except(metrics);
            self
        }

        /// Puts these segments before all names.
        #[must_use]
        pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
            self.selection = self.selection.prefix(prefix);
            self
        }

        /// Reports the metric of this name under another one.
        #[must_use]
        pub fn rename(mut self, name: impl Into<String>, new_name: impl Into<String>) -> Self {
            self.selection = self.selection.rename(name, new_name);
            self
        }

        /// A tag that all series have. Of one name the last value holds.
        #[must_use]
        pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.selection = self.selection.tag(name, value);
            self
        }
    };
}
pub(in crate::reporter) use selects;
