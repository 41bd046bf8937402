//! What is to be kept, worked out before the first execution: metrics that are fed by the same
//! executions under the same tags stand in one group, so that one look-up finds the cells of all.
//!
//! Readings are the same if they have the same text and read by field, or stand in one `metrics!`
//! block (see `telemetry::MetricSource`).

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use telemetry::{
    AnyEvent, Execution, Filter, MetricDef, MetricGroup, MetricSource, NumberClass, ReadTags,
    ReadValue,
};

use super::cells::Cells;
use super::chunk::Layout;
use super::snapshot::Metric;

/// All metrics of a store, in groups and by event.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(super) metrics: Vec<Arc<Metric>>,
    pub(super) groups: Vec<Group>,
    pub(super) events: Vec<Arc<EventPlan>>,
}

/// Metrics that share their series.
#[derive(Debug)]
pub(super) struct Group {
    /// How many tags a series has.
    pub(super) tags: usize,
    /// Whether one event feeds it.
    is_of_one_event: bool,
    pub(super) layout: Layout,
    pub(super) members: Vec<Member>,
    pub(super) series_limit: Option<usize>,
    pub(super) expire_after: Option<Duration>,
    /// The events whose executions are its one series, counted where they are executed. None of a
    /// group that is fed.
    pub(super) counted: Vec<&'static AnyEvent>,
}

#[derive(Debug)]
pub(super) struct Member {
    /// Its place among all metrics.
    pub(super) metric: usize,
    pub(super) cells: Cells,
}

/// What an execution of one event feeds.
#[derive(Debug)]
pub(crate) struct EventPlan {
    event: &'static AnyEvent,
    pub(super) feeds: Vec<Feed>,
}

/// How one event feeds one group.
pub(super) struct Feed {
    pub(super) group: usize,
    /// That of the group.
    pub(super) layout: Layout,
    pub(super) filter: Option<Filter>,
    pub(super) tags: ReadTags,
    pub(super) index: Index,
    /// Whether the tags are known to have more values than an index could count: then their words
    /// are looked up.
    pub(super) is_hashed: AtomicBool,
    /// Whether an execution is one more of its series, and no more is read of it than which one.
    pub(super) only_counts: bool,
    pub(super) readings: Vec<Reading>,
}

/// The index of an execution's tags.
type Index = for<'e> fn(&Execution<'e>) -> Option<usize>;

/// One measurement, and the members of the group that are fed with it.
pub(super) struct Reading {
    pub(super) value: ReadValue,
    pub(super) members: Vec<usize>,
}

/// Metrics with equal ones share a group.
#[derive(PartialEq, Eq, Hash)]
struct Shared {
    tags: &'static [&'static str],
    sources: Vec<SharedSource>,
    series_limit: Option<usize>,
    expire_after: Option<Duration>,
}

#[derive(PartialEq, Eq, Hash)]
struct SharedSource {
    event: usize,
    tags: Option<(Origin, &'static str)>,
    filter: Option<(Origin, &'static str)>,
}

/// Where a text means the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Origin {
    /// It reads by field.
    Anywhere,
    /// It has closures, which mean the same within this `metrics!` block.
    Block(usize),
    /// It is the metric's own.
    Merged(usize),
}

impl Plan {
    /// That of all metrics of the program: the same one as long as no others come.
    pub(crate) fn declared() -> Arc<Self> {
        static PLANS: Mutex<Vec<(Vec<usize>, Arc<Plan>)>> = Mutex::new(Vec::new());

        let metrics = Metric::declared();
        let key: Vec<usize> =
            metrics.iter().map(|metric| std::ptr::from_ref(metric.definition()).addr()).collect();
        let mut plans = PLANS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = plans.iter().find(|(known, _)| *known == key) {
            return known.clone();
        }
        let plan = Arc::new(Self::new(metrics));
        plans.push((key, plan.clone()));
        plan
    }

    pub(crate) fn new(metrics: Vec<Metric>) -> Self {
        let mut plan = Self::default();
        let mut event_plans: Vec<EventPlan> = Vec::new();
        let mut groups: HashMap<Shared, usize> = HashMap::new();
        let mut events: HashMap<usize, usize> = HashMap::new();
        let blocks = Blocks::of_the_program();
        for metric in metrics {
            let definition = metric.definition();
            let (tags, options) = (definition.tags, definition.options);
            let shared = Shared {
                tags,
                sources: definition
                    .sources
                    .iter()
                    .map(|source| blocks.shared(definition, source))
                    .collect(),
                series_limit: options.series_limit,
                expire_after: options.expire_after,
            };
            let group = *groups.entry(shared).or_insert_with(|| {
                plan.groups.push(Group {
                    tags: tags.len(),
                    is_of_one_event: definition.sources.len() == 1,
                    layout: Layout::of_executions(),
                    members: Vec::new(),
                    series_limit: options.series_limit,
                    expire_after: options.expire_after,
                    counted: Vec::new(),
                });
                plan.groups.len() - 1
            });
            let member = plan.groups[group].add(plan.metrics.len(), &metric);
            for source in definition.sources {
                let event = *events.entry(address(source.event)).or_insert_with(|| {
                    event_plans.push(EventPlan { event: source.event, feeds: Vec::new() });
                    event_plans.len() - 1
                });
                let feed = event_plans[event].feed(source, group, &plan.groups[group]);
                feed.read(source.value, member);
            }
            plan.metrics.push(Arc::new(metric));
        }
        plan.count_where_executed(&mut event_plans);
        for feed in event_plans.iter_mut().flat_map(|event| &mut event.feeds) {
            feed.layout = plan.groups[feed.group].layout;
        }
        let is_fed = |event: &EventPlan| !event.feeds.is_empty();
        plan.events = event_plans.into_iter().filter(is_fed).map(Arc::new).collect();
        plan
    }

    /// A group of which nothing is read needs no feed: the events' own counts say it all. One that
    /// expires is fed, since whether a series rests is known by its rows.
    fn count_where_executed(&mut self, events: &mut [EventPlan]) {
        let is_bare = |group: &Group| (group.tags, group.expire_after) == (0, None);
        let mut is_counted: Vec<bool> = self.groups.iter().map(is_bare).collect();
        for feed in events.iter().flat_map(|event| &event.feeds) {
            is_counted[feed.group] &= feed.only_counts;
        }
        for event in events {
            for feed in event.feeds.extract_if(.., |feed| is_counted[feed.group]) {
                self.groups[feed.group].counted.push(event.event);
            }
        }
    }

    /// The events whose executions are counted.
    pub(crate) fn counted(&self) -> impl Iterator<Item = &'static AnyEvent> {
        self.groups.iter().flat_map(|group| group.counted.iter().copied())
    }
}

impl EventPlan {
    pub(crate) fn event(&self) -> &'static AnyEvent {
        self.event
    }

    fn feed(&mut self, source: &MetricSource, place: usize, group: &Group) -> &mut Feed {
        let known = self.feeds.iter().position(|feed| feed.group == place);
        let known = known.unwrap_or_else(|| {
            self.feeds.push(Feed {
                group: place,
                layout: Layout::default(),
                filter: source.filter,
                tags: source.tags,
                index: match source.tags {
                    ReadTags::None => |_| Some(0),
                    ReadTags::Typed { index, .. } => index,
                    _ => |_| None,
                },
                // Indices of several events count different values, if there are any.
                is_hashed: AtomicBool::new(group.tags > 0 && !group.is_of_one_event),
                only_counts: source.filter.is_none(),
                readings: Vec::new(),
            });
            self.feeds.len() - 1
        });
        &mut self.feeds[known]
    }
}

impl Group {
    /// Gives the member's place in the group.
    fn add(&mut self, place: usize, metric: &Metric) -> usize {
        let class = class(metric.definition().sources);
        let cells = Cells::take(&mut self.layout, metric.kind(), class, metric.conversion());
        self.members.push(Member { metric: place, cells });
        self.members.len() - 1
    }

    /// The executions that are counted where they are executed, by all of the process.
    pub(super) fn executions(&self) -> u64 {
        self.counted.iter().map(|event| event.counted()).fold(0, u64::wrapping_add)
    }
}

impl Feed {
    /// A counter reads nothing.
    fn read(&mut self, value: ReadValue, member: usize) {
        if let ReadValue::Nothing = value {
            return;
        }
        self.only_counts = false;
        let known = self.readings.iter_mut().find(|reading| reading.is(&value));
        if let Some(reading) = known {
            reading.members.push(member);
        } else {
            self.readings.push(Reading { value, members: vec![member] });
        }
    }
}

impl Reading {
    /// Whether this is the same reading of the same event.
    fn is(&self, other: &ReadValue) -> bool {
        match (&self.value, other) {
            (ReadValue::Typed { read, .. }, ReadValue::Typed { read: other, .. }) => {
                std::ptr::fn_addr_eq(*read, *other)
            }
            (ReadValue::Named(name), ReadValue::Named(other)) => name == other,
            _ => false,
        }
    }
}

/// Which definitions stand in one `metrics!` block: those between two addresses. In order.
struct Blocks(Vec<std::ops::Range<usize>>);

impl Blocks {
    fn of_the_program() -> Self {
        let range = |group: &MetricGroup| {
            let metrics = group.metrics().as_ptr_range();
            metrics.start.addr()..metrics.end.addr()
        };
        let mut blocks: Vec<_> = telemetry::metric_groups().map(range).collect();
        blocks.sort_unstable_by_key(|block| block.start);
        Self(blocks)
    }

    fn shared(&self, definition: &MetricDef, source: &MetricSource) -> SharedSource {
        let origin = if source.reads_twins { Origin::Anywhere } else { self.origin(definition) };
        let tags = match source.tags {
            ReadTags::Typed { text, .. } => Some((origin, text)),
            _ => None,
        };
        let filter = source.filter.map(|filter| (self.origin(definition), filter.text));
        SharedSource { event: address(source.event), tags, filter }
    }

    fn origin(&self, definition: &MetricDef) -> Origin {
        let address = std::ptr::from_ref(definition).addr();
        let block = self.0.partition_point(|block| block.end <= address);
        match self.0.get(block) {
            Some(found) if found.contains(&address) => Origin::Block(block),
            // One that was merged from several blocks is like no other.
            _ => Origin::Merged(address),
        }
    }
}

fn address(event: &'static AnyEvent) -> usize {
    std::ptr::from_ref(event).addr()
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Feed({} readings for group {})", self.readings.len(), self.group)
    }
}

/// The class that holds the numbers of all sources.
fn class(sources: &[MetricSource]) -> NumberClass {
    let mut classes = sources.iter().map(|source| source.value.class());
    let first = classes.next().unwrap_or(NumberClass::Unsigned);
    classes.fold(first, |class, other| match (class, other) {
        (class, other) if class == other => class,
        (NumberClass::Unsigned, NumberClass::Signed)
        | (NumberClass::Signed, NumberClass::Unsigned) => NumberClass::Signed,
        _ => NumberClass::Any,
    })
}
