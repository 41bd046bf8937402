//! A story: metrics, what is measured by them, and snapshots in between, as a text tells it.
//!
//! Records are between U+001E and their fields between U+001F, which ASCII has for this: so texts may
//! have anything else in them, and inputs are made and read by hand. The first character of a record says
//! what it is:
//!
//! | record | |
//! |---|---|
//! | `m`n␟name | the metric n of those in [`definitions`], under this name if there is one |
//! | `t`name␟value | a tag that all series have |
//! | `p`prefix | segments before all names |
//! | `x`number␟tag␟tag␟tag | an execution |
//! | `y`… | the same, within a span |
//! | `s` | a snapshot |
//!
//! Another snapshot is taken at the end. What is no record is passed over.

use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::{LazyLock, Once};
use std::time::Duration;

use telemetry::{
    Buckets, Conversion, Dynamic, Event, MetricDef, MetricKind, MetricOptions, MetricSource,
    Number, ReadTags, ReadValue, ReporterOption, SpanContext, Unit, Value,
};
use telemetry_runtime::Snapshot;
use telemetry_runtime::fuzzing::Scene;
use telemetry_runtime::reporter::Selection;

/// More is not taken of a story.
const METRICS: usize = 6;
const EXECUTIONS: usize = 150;
const ROUNDS: usize = 3;

/// The fields of all executions, as somebody may have named them.
pub const FIELDS: [&str; 3] = ["route", "größe.total", "a b|c,d#e:f=\"\n"];
const TAGS: [&[&str]; 4] =
    [&[], &[FIELDS[0]], &[FIELDS[1], FIELDS[0]], &[FIELDS[0], FIELDS[1], FIELDS[2]]];

/// What was told.
pub struct Story {
    pub executions: Vec<Executed>,
    /// At least one.
    pub rounds: Vec<Round>,
}

/// One execution.
#[derive(Debug)]
pub struct Executed {
    pub number: Number,
    /// The texts of the tags, by field.
    pub tags: [String; FIELDS.len()],
}

/// A snapshot, and how many executions there were before it.
pub struct Round {
    pub snapshot: Snapshot,
    pub executed: usize,
}

impl Story {
    /// `None` where the text is none, or the runtime would not start with such names.
    pub fn of(input: &[u8]) -> Option<Self> {
        let text = str::from_utf8(input).ok()?;
        let mut metrics: Vec<&'static MetricDef> = Vec::new();
        let (mut selection, mut acts) = (Selection::all(), Vec::new());
        for record in text.split('\u{1e}') {
            let mut characters = record.chars();
            let kind = characters.next();
            let mut fields = characters.as_str().split('\u{1f}');
            let first = fields.next().unwrap_or_default();
            match kind {
                Some('m') if metrics.len() < METRICS => {
                    let definitions = definitions();
                    let place = first.parse::<usize>().unwrap_or_default() % definitions.len();
                    let definition = &definitions[place];
                    if !metrics.iter().any(|known| std::ptr::eq(*known, definition)) {
                        metrics.push(definition);
                        if let Some(name) = fields.next().filter(|name| !name.is_empty()) {
                            selection = selection.rename(definition.name(), name);
                        }
                    }
                }
                Some('t') => selection = selection.tag(first, fields.next().unwrap_or_default()),
                Some('p') => selection = selection.prefix(first),
                Some(kind @ ('x' | 'y')) if acts.len() < EXECUTIONS => {
                    let tags = [(); FIELDS.len()].map(|()| fields.next().unwrap_or("").to_owned());
                    let executed = Executed { number: number(first)?, tags };
                    acts.push(Act::Execute(executed, kind == 'y'));
                }
                Some('s') => acts.push(Act::Snapshot),
                _ => {}
            }
        }
        if metrics.is_empty() {
            return None;
        }
        let scene = Rc::new(Scene::new(metrics, &selection).ok()?);
        Some(Self::played(&scene, acts))
    }

    fn played(scene: &Rc<Scene>, acts: Vec<Act>) -> Self {
        let _on_stage = OnStage::enter(scene.clone());
        let (mut executions, mut rounds) = (Vec::new(), Vec::new());
        for act in acts {
            match act {
                Act::Execute(executed, is_in_span) => {
                    let execute = || executed.execute(executions.len());
                    if is_in_span {
                        context().scope(execute)
                    } else {
                        execute()
                    }
                    executions.push(executed);
                }
                Act::Snapshot if rounds.len() + 1 < ROUNDS => {
                    rounds.push(Round { snapshot: scene.snapshot(), executed: executions.len() });
                }
                Act::Snapshot => {}
            }
        }
        rounds.push(Round { snapshot: scene.snapshot(), executed: executions.len() });
        Self { executions, rounds }
    }

    /// The last round.
    pub fn end(&self) -> &Round {
        self.rounds.last().expect("there is one")
    }

    /// All snapshots.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        self.rounds.iter().map(|round| round.snapshot.clone()).collect()
    }

    /// The executions before a round.
    pub fn until(&self, round: &Round) -> &[Executed] {
        &self.executions[..round.executed]
    }
}

enum Act {
    Execute(Executed, bool),
    Snapshot,
}

impl Executed {
    /// Numbers are told as such or as texts, in turn: both are one tag.
    fn execute(&self, place: usize) {
        let value = |text| match str::parse::<u64>(text) {
            Ok(number) if place % 2 == 0 && number.to_string() == text => Value::Unsigned(number),
            _ => Value::from(text),
        };
        let mut fields = [("", Value::Absent); FIELDS.len()];
        for ((field, name), text) in fields.iter_mut().zip(FIELDS).zip(&self.tags) {
            *field = (name, value(text));
        }
        event().execute_dynamic(&[("value", self.number)], &fields);
    }

    pub fn tag(&self, field: &str) -> &str {
        let place = FIELDS.iter().position(|known| *known == field);
        &self.tags[place.expect("metrics have no other tags")]
    }

    pub fn float(&self) -> f64 {
        match self.number {
            Number::Unsigned(value) => value as f64,
            Number::Signed(value) => value as f64,
            Number::Float(value) => value,
            other => panic!("{other:?} is new"),
        }
    }
}

/// `12`, `-3`, `1.5e300`, `NaN`, or the bits of a float as in `#7ff0000000000001`.
pub fn number(text: &str) -> Option<Number> {
    if let Some(bits) = text.strip_prefix('#') {
        return u64::from_str_radix(bits, 16).ok().map(|bits| Number::Float(f64::from_bits(bits)));
    }
    let unsigned = text.parse().map(Number::Unsigned);
    let signed = || text.parse().map(Number::Signed);
    unsigned.or_else(|_| signed()).ok().or_else(|| text.parse().ok().map(Number::Float))
}

/// That of executions within a span.
pub fn context() -> SpanContext {
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("it is one")
}

/// The event that all is executed with.
pub fn event() -> &'static Event<Dynamic> {
    static EVENT: LazyLock<&Event<Dynamic>> =
        LazyLock::new(|| Event::dynamic("fuzzed.event").expect("it is a name"));
    &EVENT
}

thread_local! {
    static STAGE: RefCell<Option<Rc<Scene>>> = const { RefCell::new(None) };
}

/// What is executed meanwhile is recorded by a scene.
struct OnStage;

impl OnStage {
    fn enter(scene: Rc<Scene>) -> Self {
        static LISTENING: Once = Once::new();

        LISTENING.call_once(|| {
            telemetry::attach_many("stage", &[event()], (), |execution, ()| {
                STAGE.with_borrow(|scene| {
                    if let Some(scene) = scene {
                        scene.record(execution);
                    }
                });
            })
            .expect("nobody else has this name");
        });
        STAGE.set(Some(scene));
        Self
    }
}

impl Drop for OnStage {
    fn drop(&mut self) {
        STAGE.set(None);
    }
}

/// All metrics that there may be: of each kind, with each of the lists of tags.
pub fn definitions() -> &'static [MetricDef] {
    static DEFINITIONS: LazyLock<Vec<MetricDef>> = LazyLock::new(|| {
        let kinds = [
            ("count", MetricKind::Counter),
            ("value", MetricKind::Sum),
            ("last", MetricKind::LastValue),
            ("summary", MetricKind::Summary { percentiles: MetricKind::PERCENTILES }),
            ("extremes", MetricKind::Summary { percentiles: &[0.0, 1.0] }),
            ("positive", MetricKind::Distribution(Buckets::Fixed(&[0.005, 1.0, 10.0]))),
            (
                "any",
                MetricKind::Distribution(Buckets::Fixed(&[f64::MIN, -1.5, 0.0, 5e-324, 1e300])),
            ),
            ("exponential", MetricKind::Distribution(Buckets::Exponential)),
        ];
        let mut all = Vec::new();
        for (name, kind) in kinds {
            for tags in TAGS {
                all.push(definition(all.len(), name, kind, tags));
            }
        }
        all
    });
    &DEFINITIONS
}

fn definition(
    place: usize,
    name: &str,
    kind: MetricKind,
    tags: &'static [&'static str],
) -> MetricDef {
    let is_counter = matches!(kind, MetricKind::Counter);
    let source = MetricSource {
        event: event(),
        value: if is_counter { ReadValue::Nothing } else { ReadValue::Named("value") },
        filter: None,
        tags: if tags.is_empty() { ReadTags::None } else { ReadTags::Named(tags) },
        reads_twins: true,
    };
    let conversions = [
        Conversion::none(Unit::NONE),
        Conversion::none(Unit::named("größe {\n\u{1b}[31m")),
        Conversion::between(Unit::NATIVE, Unit::MILLISECOND),
        Conversion::none(Unit::MEBIBYTE),
    ];
    MetricDef {
        kind,
        explicit_name: Some(String::leak(format!("fuzzed.m{place}.{name}"))),
        measurement: "value",
        description: if place % 3 == 0 {
            "A \"metric\" \\\nin \u{1b}[2Jtwo lines.\n# EOF"
        } else {
            ""
        },
        // not that of the tags, so that each kind has each unit
        conversion: conversions[(place + place / TAGS.len()) % conversions.len()],
        tags,
        sources: Box::leak(Box::new([source])),
        options: MetricOptions {
            // what is only counted is read of the event, which all stories share
            expire_after: Some(Duration::from_secs(3_600)),
            reporter_options: if place % 5 == 0 {
                &[("prometheus_unit", ReporterOption::Str("seconds"))]
            } else {
                &[]
            },
            ..MetricOptions::DEFAULT
        },
        location: Location::caller(),
    }
}
