//! What can be chosen of the program's metrics, and how it is named.

use telemetry::MetricGroup;

use crate::store::snapshot::Metric;

/// Some of the program's metrics.
#[derive(Debug, Clone)]
pub(super) enum Chosen {
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

impl Chosen {
    pub(super) fn has(&self, metric: &Metric) -> bool {
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
