//! What a block of metrics means, options sorted by what they do.

use proc_macro2::Ident;
use syn::{Attribute, ExprClosure, Visibility};

use super::check::{KINDS, number};
use super::parse::{Block, Entry, OptionValue, Tag};
use super::units::Unit;
use crate::docs::description;
use crate::dotted::{Dotted, Name};
use crate::duration::DurationText;
use crate::paths::Facade;

pub(super) struct Group {
    pub(super) facade: Facade,
    /// `pub static WEB;`
    pub(super) name: Option<(Visibility, Ident)>,
    pub(super) metrics: Vec<Metric>,
    /// What is there of names that are no event and measurement yet.
    pub(super) halves: Vec<Dotted>,
}

pub(super) struct Metric {
    pub(super) conditions: Vec<Attribute>,
    pub(super) kind: Kind,
    pub(super) event: Dotted,
    pub(super) measurement: Ident,
    pub(super) name: Option<String>,
    pub(super) description: String,
    pub(super) tags: Vec<Tag>,
    pub(super) filter: Option<Filter>,
    pub(super) conversion: Conversion,
    pub(super) expire_after: Option<DurationText>,
}

pub(super) enum Kind {
    Counter,
    Sum,
    LastValue,
    Distribution { buckets: Vec<f64> },
}

pub(super) enum Filter {
    Keep(ExprClosure),
    Drop(ExprClosure),
}

pub(super) enum Conversion {
    /// No unit.
    None,
    /// A unit of the user's own.
    Named(String),
    /// The constant of a known unit.
    Known(&'static str),
    /// From one constant to the other.
    Between(&'static str, &'static str),
}

impl From<Block> for Group {
    fn from(block: Block) -> Self {
        let mut group = Self {
            facade: block.facade,
            name: block.group,
            metrics: Vec::new(),
            halves: Vec::new(),
        };
        for mut entry in block.entries {
            match std::mem::replace(&mut entry.source, Name::Half(None)) {
                Name::Whole(source) => group.metrics.extend(Metric::new(entry, &source)),
                Name::Half(half) => group.halves.extend(half),
            }
        }
        group
    }
}

impl Metric {
    fn new(entry: Entry, source: &Dotted) -> Option<Self> {
        let mut metric = Self {
            kind: Kind::new(&entry.kind),
            event: source.parent()?,
            measurement: source.last().clone(),
            name: None,
            description: description(&entry.attributes),
            conditions: entry.attributes,
            tags: Vec::new(),
            filter: None,
            conversion: Conversion::None,
            expire_after: None,
        };
        metric.conditions.retain(|attribute| attribute.path().is_ident("cfg"));
        for option in entry.options {
            metric.set(option.value);
        }
        Some(metric)
    }

    fn set(&mut self, option: OptionValue) {
        match option {
            OptionValue::Name(name) => self.name = Some(name.name()),
            OptionValue::Description(text) => self.description = text.value(),
            OptionValue::Tags(tags) => self.tags = tags,
            OptionValue::ExpireAfter(duration) => self.expire_after = Some(duration),
            OptionValue::Keep(closure) => self.filter = Some(Filter::Keep(closure)),
            OptionValue::Drop(closure) => self.filter = Some(Filter::Drop(closure)),
            OptionValue::Unit { from, to } => self.conversion = Conversion::new(from.as_ref(), &to),
            OptionValue::Buckets(bounds) => {
                self.kind =
                    Kind::Distribution { buckets: bounds.iter().filter_map(number).collect() };
            }
        }
    }
}

impl Kind {
    /// `check` has replaced what is no kind.
    fn new(kind: &Ident) -> Self {
        let [_, sum, last_value, distribution] = KINDS;
        match kind.to_string() {
            kind if kind == sum => Self::Sum,
            kind if kind == last_value => Self::LastValue,
            kind if kind == distribution => Self::Distribution { buckets: Vec::new() },
            _ => Self::Counter,
        }
    }
}

impl Conversion {
    fn new(from: Option<&Ident>, to: &Ident) -> Self {
        let known = |unit: &Ident| Unit::find(&unit.to_string());
        match (from.and_then(known), known(to)) {
            (Some(from), Some(to)) => Self::Between(from.constant, to.constant),
            (_, Some(to)) => Self::Known(to.constant),
            (_, None) => Self::Named(to.to_string()),
        }
    }
}
