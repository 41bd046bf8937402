//! What a block of metrics means, options sorted by what they do.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, Lit, Visibility};

use super::check::KINDS;
use super::closure::Closure;
use super::literal::{literal, number};
use super::parse::{Block, Entry, Measurement, MetricOption, OptionValue, ReporterValue, Tag};
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
    /// Where it says that it is declared.
    pub(super) place: Span,
    pub(super) kind: Kind,
    pub(super) name: Option<String>,
    /// At least one.
    pub(super) events: Vec<Dotted>,
    /// The last segment of the name.
    pub(super) last_segment: String,
    pub(super) measurement: Reading,
    pub(super) description: String,
    pub(super) tags: Vec<Tag>,
    /// What tags are read from, if it is not the metadata.
    pub(super) tag_values: Option<Closure>,
    pub(super) filter: Option<Filter>,
    pub(super) conversion: Conversion,
    pub(super) options: Options,
}

pub(super) enum Kind {
    Counter,
    Sum,
    LastValue,
    /// Without any, the facade's.
    Summary {
        percentiles: Vec<f64>,
    },
    /// Without any, exponential ones.
    Distribution {
        buckets: Vec<f64>,
    },
}

/// What is read of an execution.
pub(super) enum Reading {
    Nothing,
    /// A field that a counter names, and does not read.
    Existing(Ident),
    Field(Ident),
    Closure(Closure),
}

pub(super) enum Filter {
    Keep(Closure),
    Drop(Closure),
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

/// What most metrics leave as it is.
#[derive(Default)]
pub(super) struct Options {
    pub(super) series_limit: Option<u32>,
    pub(super) expire_after: Option<DurationText>,
    pub(super) nav: Option<String>,
    /// `reporter_options`
    pub(super) for_reporters: Vec<(String, ReporterValue)>,
}

impl From<Block> for Group {
    fn from(block: Block) -> Self {
        let mut group = Self {
            facade: block.facade,
            name: block.group,
            metrics: Vec::new(),
            halves: Vec::new(),
        };
        for entry in block.entries {
            group.add(entry);
        }
        group
    }
}

impl Group {
    fn add(&mut self, mut entry: Entry) {
        let mut events = Vec::new();
        let mut source = None;
        match entry.source.take() {
            Some(Name::Whole(whole)) => {
                events.extend(whole.parent());
                source = Some(whole.last().clone());
            }
            Some(Name::Half(half)) => self.halves.extend(half),
            None => {}
        }
        for option in &mut entry.options {
            let OptionValue::Events(names) = &mut option.value else { continue };
            for name in names.drain(..) {
                match name {
                    Name::Whole(event) => events.push(event),
                    Name::Half(half) => self.halves.extend(half),
                }
            }
        }
        if !events.is_empty() {
            self.metrics.push(Metric::new(entry, events, source.as_ref()));
        }
    }
}

impl Metric {
    /// `source` is the segment behind the event.
    fn new(entry: Entry, events: Vec<Dotted>, source: Option<&Ident>) -> Self {
        let kind = Kind::new(&entry.kind);
        let name = entry.options.iter().find_map(|option| match &option.value {
            OptionValue::Name(name) => Some(name),
            _ => None,
        });
        let derived = name.filter(|name| name.parent().is_some()).map(Dotted::last);
        let measurement = match (&kind, source.or(derived)) {
            (Kind::Counter, _) => match source {
                Some(source) if source.unraw() != "count" => Reading::Existing(source.clone()),
                _ => Reading::Nothing,
            },
            (_, Some(field)) => Reading::Field(field.clone()),
            (_, None) => Reading::Nothing,
        };
        let segment = source.or_else(|| name.map(Dotted::last));
        let mut metric = Self {
            place: segment.unwrap_or(&entry.kind).span(),
            kind,
            name: name.map(Dotted::name),
            events,
            last_segment: segment.map_or_else(String::new, |segment| segment.unraw().to_string()),
            measurement,
            description: description(&entry.attributes),
            conditions: entry.attributes,
            tags: Vec::new(),
            tag_values: None,
            filter: None,
            conversion: Conversion::None,
            options: Options::default(),
        };
        metric.conditions.retain(|attribute| attribute.path().is_ident("cfg"));
        let leave_out: Vec<Ident> = entry.options.iter().filter_map(MetricOption::broken).collect();
        for option in entry.options {
            metric.set(option.value);
        }
        for keyword in leave_out {
            metric.leave_out(&keyword);
        }
        metric
    }

    fn set(&mut self, option: OptionValue) {
        match option {
            OptionValue::Measurement(Measurement::Field(field)) => {
                self.measurement = Reading::Field(field);
            }
            OptionValue::Measurement(Measurement::Closure(closure)) => {
                self.measurement = Reading::Closure(closure);
            }
            OptionValue::Tags(tags) => self.tags = tags,
            OptionValue::TagValues(closure) => self.tag_values = Some(closure),
            OptionValue::Keep(closure) => self.filter = Some(Filter::Keep(closure)),
            OptionValue::Drop(closure) => self.filter = Some(Filter::Drop(closure)),
            OptionValue::Unit { from, to } => self.conversion = Conversion::new(from.as_ref(), &to),
            OptionValue::Description(text) => self.description = text.value(),
            OptionValue::Bounds(buckets) => self.kind = Kind::Distribution { buckets },
            OptionValue::Percentiles(values) => {
                let percentiles = values.iter().filter_map(number).collect();
                self.kind = Kind::Summary { percentiles };
            }
            OptionValue::ReporterOptions(options) => {
                let values = options
                    .iter()
                    .filter_map(|option| Some((option.name.unraw().to_string(), option.value()?)));
                self.options.for_reporters = values.collect();
            }
            OptionValue::Nav(text) => self.options.nav = Some(text.value()),
            OptionValue::ExpireAfter(duration) => self.options.expire_after = Some(duration),
            OptionValue::SeriesLimit(limit) => {
                if let Some((Lit::Int(limit), _)) = literal(&limit) {
                    self.options.series_limit = limit.base10_parse().ok();
                }
            }
            // They are the metric's already; `check` has computed the bounds.
            OptionValue::Name(_)
            | OptionValue::Events(_)
            | OptionValue::Buckets(_)
            | OptionValue::Broken => {}
        }
    }

    /// Leaves out what a broken option would have said otherwise, so that it is no second mistake.
    fn leave_out(&mut self, keyword: &Ident) {
        if keyword == "measurement" {
            self.measurement = Reading::Nothing;
        } else if keyword == "tag_values" {
            self.tags.retain(|tag| !tag.is_field());
        }
    }
}

impl Kind {
    /// `check` has replaced what is no kind.
    fn new(kind: &Ident) -> Self {
        let [_, sum, last_value, summary, distribution] = KINDS;
        match kind.to_string() {
            kind if kind == sum => Self::Sum,
            kind if kind == last_value => Self::LastValue,
            kind if kind == summary => Self::Summary { percentiles: Vec::new() },
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
