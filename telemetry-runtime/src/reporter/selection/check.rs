//! What a selection cannot be is told before anything runs.

use std::collections::HashMap;
use std::sync::Arc;

use super::Selection;
use super::chosen::Chosen;
use crate::exposition;
use crate::names;
use crate::store::snapshot::Metric;

impl Selection {
    /// # Errors
    /// When something that is named is not there, or a new name is no name.
    pub(super) fn check(&self, metrics: &[Arc<Metric>]) -> Result<(), String> {
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

    /// # Errors
    /// When a metric has one of the tags already, or two of them are one on the wire.
    pub(super) fn check_tags(&self, metrics: &[Arc<Metric>]) -> Result<(), String> {
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

fn is_name(name: &str) -> bool {
    let is_segment = |segment: &str| {
        !segment.is_empty() && !segment.contains(|c: char| c.is_control() || c.is_whitespace())
    };
    name.split('.').all(is_segment)
}
