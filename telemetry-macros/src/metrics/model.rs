//! What a block of metrics means, options sorted by what they do.

use proc_macro2::Ident;
use syn::{Attribute, ExprClosure, Visibility};

use super::check::{KINDS, number};
use super::parse::{Block, Entry, OptionValue, Tag};
use super::units::Unit;
use crate::diag::Mistakes;
use crate::docs::description;
use crate::dotted::Dotted;
use crate::paths::Facade;

pub(super) struct Group {
    pub(super) facade: Facade,
    /// `pub static WEB;`
    pub(super) name: Option<(Visibility, Ident)>,
    pub(super) metrics: Vec<Metric>,
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

impl Group {
    /// The metrics that are whole. `mistakes` has been told of the others.
    pub(super) fn new(block: Block, mistakes: &mut Mistakes) -> Self {
        let clean = mistakes.is_empty();
        let metrics = if clean {
            block.entries.into_iter().filter_map(Metric::new).collect()
        } else {
            Vec::new()
        };
        Self { facade: block.facade, name: block.group, metrics }
    }
}

impl Metric {
    fn new(entry: Entry) -> Option<Self> {
        let mut metric = Self {
            kind: Kind::new(&entry.kind)?,
            event: entry.source.parent()?,
            measurement: entry.source.last().clone(),
            name: None,
            description: description(&entry.attributes),
            conditions: entry.attributes,
            tags: Vec::new(),
            filter: None,
            conversion: Conversion::None,
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
    fn new(kind: &Ident) -> Option<Self> {
        let [counter, sum, last_value, distribution] = KINDS;
        match kind.to_string() {
            kind if kind == counter => Some(Self::Counter),
            kind if kind == sum => Some(Self::Sum),
            kind if kind == last_value => Some(Self::LastValue),
            kind if kind == distribution => Some(Self::Distribution { buckets: Vec::new() }),
            _ => None,
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
