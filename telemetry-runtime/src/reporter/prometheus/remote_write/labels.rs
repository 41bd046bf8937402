//! The labels of one metric's series, in the order that the protocol wants: by name.
//!
//! The order is worked out once for a metric, and what all of its series have is written once.

use std::collections::BTreeMap;

use super::super::number::push_float;
use super::encoding::{LabelName, push_label};
use super::samples::Sample;

/// What the series of one metric have for labels.
#[derive(Debug)]
pub(super) struct Labels {
    /// Less its suffix.
    base: String,
    /// By their names.
    parts: Vec<Part>,
    /// The name with each suffix so far, as it is written.
    names: Vec<(&'static str, Vec<u8>)>,
    number: Vec<u8>,
}

#[derive(Debug)]
enum Part {
    /// The metric's name.
    Name,
    /// That all series have, as it is written.
    Written(Vec<u8>),
    /// The value of the tag at this place.
    Tag(LabelName, usize),
    /// The bound of a bucket or a percentile.
    Bound(LabelName),
}

impl Labels {
    /// `shared` are those of all series, of which those of the metric's own names give way.
    pub(super) fn new(
        base: &str,
        shared: &BTreeMap<String, String>,
        of_tags: &[String],
        bound: Option<&str>,
    ) -> Self {
        let mut labels: BTreeMap<&str, Part> = BTreeMap::new();
        for (name, value) in shared.iter().filter(|(_, value)| !value.is_empty()) {
            let mut written = Vec::new();
            push_label(&mut written, &LabelName::new(name), value.as_bytes());
            labels.insert(name, Part::Written(written));
        }
        for (place, name) in of_tags.iter().enumerate() {
            labels.insert(name, Part::Tag(LabelName::new(name), place));
        }
        if let Some(name) = bound {
            labels.insert(name, Part::Bound(LabelName::new(name)));
        }
        labels.insert("__name__", Part::Name);
        let parts = labels.into_values().collect();
        Self { base: base.to_owned(), parts, names: Vec::new(), number: Vec::new() }
    }

    /// Writes those of one sample, of a series with these tag values. An empty value is none.
    #[inline]
    pub(super) fn write(&mut self, series: &mut Vec<u8>, tags: &[&str], sample: &Sample) {
        let Self { base, parts, names, number } = self;
        let known = names.iter().position(|(suffix, _)| *suffix == sample.suffix);
        let place = known.unwrap_or_else(|| {
            let mut written = Vec::new();
            let name = format!("{base}{}", sample.suffix);
            push_label(&mut written, &LabelName::new("__name__"), name.as_bytes());
            names.push((sample.suffix, written));
            names.len() - 1
        });
        for part in parts {
            match part {
                Part::Name => series.extend_from_slice(&names[place].1),
                Part::Written(written) => series.extend_from_slice(written),
                Part::Tag(name, place) => match tags.get(*place) {
                    None | Some(&"") => {}
                    Some(value) => push_label(series, name, value.as_bytes()),
                },
                Part::Bound(name) => {
                    if let Some(bound) = sample.bound {
                        number.clear();
                        push_float(number, bound.at);
                        push_label(series, name, number);
                    }
                }
            }
        }
    }
}
