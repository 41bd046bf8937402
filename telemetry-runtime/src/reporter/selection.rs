//! Which metrics a reporter is given, and under which names.
//!
//! The runtime applies it to each snapshot before the reporter sees it, so that no reporter needs
//! code for it: metrics are left out, those that stay have their new names, and the tags that all
//! series have stand in [`Snapshot::tags`](crate::Snapshot::tags). It costs a look-up for each metric
//! of a snapshot, and nothing for its series. What cannot be is an error when the runtime starts.

use std::collections::HashMap;
use std::sync::Arc;

use telemetry::MetricGroup;

use crate::error::Error;
use crate::exposition;
use crate::names;
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

/// Some of the program's metrics.
#[derive(Debug, Clone)]
enum Chosen {
    Group(&'static MetricGroup),
    /// Of this name, or below it.
    Named(String),
}

/// What can be selected: a group, `&WEB`; a metric's name, or the first segments of several names,
/// `"my_app.orders"`; or an array of either.
pub trait Select: sealed::Select {}

impl<S: sealed::Select> Select for S {}

mod sealed {
    pub trait Select {
        #[expect(private_interfaces, reason = "nobody else calls it")]
        fn add_to(self, chosen: &mut Vec<super::Chosen>);
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl sealed::Select for &'static MetricGroup {
    fn add_to(self, chosen: &mut Vec<Chosen>) {
        chosen.push(Chosen::Group(self));
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl sealed::Select for &str {
    fn add_to(self, chosen: &mut Vec<Chosen>) {
        chosen.push(Chosen::Named(self.into()));
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl<S: sealed::Select, const N: usize> sealed::Select for [S; N] {
    fn add_to(self, chosen: &mut Vec<Chosen>) {
        for one in self {
            one.add_to(chosen);
        }
    }
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
    pub(super) fn prefix_given(&self) -> Option<&str> {
        (!self.prefix.is_empty()).then_some(&*self.prefix)
    }

    /// The tags that all series have.
    pub(super) fn tags_given(&self) -> impl Iterator<Item = (&str, &str)> {
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

    fn check(&self, metrics: &[Arc<Metric>]) -> Result<(), String> {
        let known = || metrics.iter().map(|metric| metric.name());
        for (chosen, call) in
            (self.only.iter().map(|c| (c, "only"))).chain(self.except.iter().map(|c| (c, "except")))
        {
            if !metrics.iter().any(|metric| chosen.has(metric)) {
                return Err(match chosen {
                    Chosen::Named(name) => {
                        format!("`.{call}({name:?})`: {}", names::unknown("metric", name, known()))
                    }
                    Chosen::Group(group) => format!(
                        "`.{call}(…)` names a group of {} without a metric of this program",
                        group.crate_name()
                    ),
                });
            }
        }
        for (name, new_name) in &self.renamed {
            if !known().any(|known| known == name) {
                let unknown = names::unknown("metric", name, known());
                return Err(format!("`.rename({name:?}, {new_name:?})`: {unknown}"));
            }
            if !is_name(new_name) {
                return Err(format!(
                    "`.rename({name:?}, {new_name:?})`: the new name must be segments joined by dots, none empty, without blanks"
                ));
            }
        }
        let prefix = self.prefix.trim_end_matches('.');
        if !self.prefix.is_empty() && !is_name(prefix) {
            return Err(format!(
                "the prefix {:?} must be segments joined by dots, none empty, without blanks",
                self.prefix
            ));
        }
        Ok(())
    }

    fn check_tags(&self, metrics: &[Arc<Metric>]) -> Result<(), String> {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for (name, value) in &self.tags {
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(format!(
                    "`.tag({name:?}, {value:?})`: a tag's name must not be empty, nor have control characters"
                ));
            }
            let on_wire = exposition::prometheus_label(name);
            if let Some(other) = seen.insert(on_wire.clone(), name) {
                return Err(format!(
                    "the tags {other:?} and {name:?} are one on the wire; rename one of them"
                ));
            }
            let reserved = metrics.iter().find_map(|metric| exposition::reserved(metric, &on_wire));
            if let Some(what) = reserved {
                return Err(format!(
                    "`.tag({name:?}, {value:?})`: `{on_wire}` is {what}; give the tag another name"
                ));
            }
            let has = |metric: &&Arc<Metric>| {
                metric.tags().iter().any(|tag| exposition::prometheus_label(tag) == on_wire)
            };
            if let Some(metric) = metrics.iter().find(has) {
                return Err(format!(
                    "`.tag({name:?}, {value:?})`: the metric `{}` at {} has a tag of this name already; give the other one another name",
                    metric.name(),
                    metric.location(),
                ));
            }
        }
        Ok(())
    }
}

impl Chosen {
    fn has(&self, metric: &Metric) -> bool {
        match self {
            // By its place: metrics of two versions of a library may have become one new definition.
            Self::Group(group) => group.metrics().iter().any(|definition| {
                definition.location == metric.location()
                    && definition.name() == metric.definition().name()
            }),
            Self::Named(name) => metric
                .name()
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        }
    }
}

fn address(metric: &Metric) -> usize {
    std::ptr::from_ref(metric.definition()).addr()
}

fn is_name(name: &str) -> bool {
    let is_segment = |segment: &str| {
        !segment.is_empty() && !segment.contains(|c: char| c.is_control() || c.is_whitespace())
    };
    name.split('.').all(is_segment)
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
pub(super) use selects;
