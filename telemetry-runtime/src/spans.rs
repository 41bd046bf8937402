//! The spans in flight, while somebody wants to see them.
//!
//! While a [`SpanWatch`] lives, a handler hears the start and the end of every span and keeps those in
//! between. While none does, there is no handler, and spans cost what they cost anyway.
//!
//! ```
//! telemetry::events! { span my_app.payment.process { metadata { payment_id: u64 } } }
//!
//! let watch = telemetry_runtime::spans::watch()?;
//! let span = telemetry::start!(my_app.payment.process, { payment_id: 7 });
//!
//! let seen = watch.spans();
//! let payment = seen.iter().find(|span| span.name == "my_app.payment.process").unwrap();
//! assert_eq!(payment.fields, [("payment_id", "7".to_owned())]);
//! span.stop();
//! # Ok::<(), telemetry_runtime::Error>(())
//! ```
//!
//! Watching costs each span two handlers: some locks of its own that it seldom meets others on, and
//! the text of its start fields. At the most [`LIMIT`] spans are kept; what is past that is counted.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use telemetry::{AnyEvent, AnySpan, Execution, Policy, SpanContext};

use crate::error::Error;

/// The most spans that are kept at a time.
pub const LIMIT: usize = 16_384;
/// The bytes of a field that are kept.
const FIELD: usize = 256;
const SHARDS: usize = 16;
/// The field that no declaration has.
const CONTEXT: &str = "span_context";

/// Sees the spans that begin from now on, until it is dropped. Several share one handler.
#[derive(Debug)]
pub struct SpanWatch {
    shared: Arc<Shared>,
}

/// A span that has begun and not ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SpanInFlight {
    /// The span's name.
    pub name: &'static str,
    /// Its trace and span id.
    pub context: SpanContext,
    /// The id of the span that it is nested in.
    pub parent_id: Option<u64>,
    /// The time since its start.
    pub age: Duration,
    /// The declared start fields by name, as text, each of at most 256 bytes.
    pub fields: Vec<(&'static str, String)>,
}

/// Begins to watch the spans of all vocabularies.
///
/// # Errors
/// When the handler cannot be attached.
pub fn watch() -> Result<SpanWatch, Error> {
    let mut current = lock(&CURRENT);
    let shared = match &*current {
        Some(Watched { shared, .. }) => shared.clone(),
        None => Arc::default(),
    };
    shared.listen()?;
    let watched = current.get_or_insert_with(|| Watched { shared: shared.clone(), watches: 0 });
    watched.watches += 1;
    Ok(SpanWatch { shared })
}

impl SpanWatch {
    /// The spans that have begun since somebody watches and have not ended, the oldest first.
    pub fn spans(&self) -> Vec<SpanInFlight> {
        // A vocabulary may have been added by a plugin; without it there are the others.
        let _ = self.shared.listen();
        let mut kept: Vec<Arc<Kept>> = Vec::new();
        for shard in &self.shared.shards {
            kept.extend(lock(shard).values().cloned());
        }
        kept.sort_unstable_by_key(|kept| kept.started);
        kept.iter().map(|kept| kept.seen()).collect()
    }

    /// How many spans were not kept because of [`LIMIT`].
    pub fn not_kept(&self) -> u64 {
        self.shared.not_kept.load(Ordering::Relaxed)
    }
}

impl Drop for SpanWatch {
    fn drop(&mut self) {
        let mut current = lock(&CURRENT);
        if let Some(watched) = &mut *current {
            watched.watches -= 1;
            if watched.watches == 0 {
                *current = None;
                self.shared.unlisten();
            }
        }
    }
}

/// What all watches of this moment share.
static CURRENT: Mutex<Option<Watched>> = Mutex::new(None);

struct Watched {
    shared: Arc<Shared>,
    watches: usize,
}

#[derive(Default)]
struct Shared {
    shards: [Mutex<HashMap<u64, Arc<Kept>>>; SHARDS],
    count: AtomicUsize,
    not_kept: AtomicU64,
    heard: Mutex<Heard>,
}

/// The handlers, and the spans that they hear.
#[derive(Default)]
struct Heard {
    handlers: Vec<String>,
    spans: Vec<&'static AnySpan>,
}

/// A span in flight, kept.
struct Kept {
    span: &'static AnySpan,
    context: SpanContext,
    parent_id: Option<u64>,
    started: Instant,
    fields: Vec<(&'static str, String)>,
}

/// The events of the spans that one handler hears, by their addresses.
struct Feed {
    shared: Arc<Shared>,
    phases: HashMap<usize, Phase>,
}

#[derive(Clone, Copy)]
enum Phase {
    Start(&'static AnySpan),
    End,
}

impl Shared {
    /// Listens to all spans that it does not listen to yet.
    fn listen(self: &Arc<Self>) -> Result<(), Error> {
        static HANDLERS: AtomicU64 = AtomicU64::new(1);

        let mut heard = lock(&self.heard);
        let is_new =
            |span: &&'static AnySpan| !heard.spans.iter().any(|known| std::ptr::eq(*known, *span));
        let all = telemetry::vocabularies().flat_map(telemetry::Vocabulary::spans);
        let spans: Vec<&'static AnySpan> = all.copied().filter(is_new).collect();
        if spans.is_empty() {
            return Ok(());
        }
        let mut phases = HashMap::new();
        let mut events = Vec::new();
        for span in &spans {
            let [start, stop, exception] = span.events();
            phases.insert(address(start), Phase::Start(span));
            phases.insert(address(stop), Phase::End);
            phases.insert(address(exception), Phase::End);
            events.extend([start, stop, exception]);
        }
        let id = format!("telemetry.spans.{}", HANDLERS.fetch_add(1, Ordering::Relaxed));
        let feed = Feed { shared: self.clone(), phases };
        telemetry::attach_many(&id, &events, feed, |execution, feed| feed.hear(execution))
            .map_err(|error| Error::conflict(format!("spans are not watched: {error}")))?
            .on_panic(Policy::Keep);
        heard.handlers.push(id);
        heard.spans.extend(spans);
        Ok(())
    }

    fn unlisten(&self) {
        for id in std::mem::take(&mut lock(&self.heard).handlers) {
            // Somebody may have detached it by its id.
            let _ = telemetry::detach(&id);
        }
    }

    fn shard(&self, span_id: u64) -> MutexGuard<'_, HashMap<u64, Arc<Kept>>> {
        #[expect(clippy::cast_possible_truncation, reason = "less than the number of shards")]
        let index = (span_id % SHARDS as u64) as usize;
        lock(&self.shards[index])
    }

    fn keep(&self, kept: Kept) {
        if self.count.fetch_add(1, Ordering::Relaxed) >= LIMIT {
            self.count.fetch_sub(1, Ordering::Relaxed);
            self.not_kept.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let (span_id, kept) = (kept.context.span_id(), Arc::new(kept));
        let before = self.shard(span_id).insert(span_id, kept);
        if before.is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn forget(&self, span_id: u64) {
        let kept = self.shard(span_id).remove(&span_id);
        if kept.is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Feed {
    fn hear(&self, execution: &Execution<'_>) {
        // Twins of the spans, which plugins declare, are heard by name too, and not known here.
        let Some(phase) = self.phases.get(&address(execution.event())) else { return };
        let Some(context) = execution.metadata().get(CONTEXT) else { return };
        let context = format!("{context:#}");
        let (traceparent, parent) = split_parent(&context);
        let Ok(context) = traceparent.parse::<SpanContext>() else { return };
        match *phase {
            Phase::Start(span) => {
                self.shared.keep(Kept::new(span, context, parent, execution));
            }
            Phase::End => self.shared.forget(context.span_id()),
        }
    }
}

/// Parts a context's text from the parent's id behind it.
fn split_parent(context: &str) -> (&str, Option<u64>) {
    match context.rsplit_once('-') {
        Some((traceparent, parent)) if parent.len() == 16 => {
            (traceparent, u64::from_str_radix(parent, 16).ok())
        }
        _ => (context, None),
    }
}

impl Kept {
    fn new(
        span: &'static AnySpan,
        context: SpanContext,
        parent_id: Option<u64>,
        execution: &Execution<'_>,
    ) -> Self {
        let [start, ..] = span.events();
        let fields = start
            .metadata()
            .iter()
            .zip(execution.metadata().iter())
            .filter(|(field, _)| field.name != CONTEXT)
            .map(|(field, (_, value))| {
                let mut text = Short(String::new());
                // An error says that it is full.
                let _ = write!(text, "{value}");
                (field.name, text.0)
            });
        let fields = fields.collect();
        Self { span, context, parent_id, started: Instant::now(), fields }
    }

    fn seen(&self) -> SpanInFlight {
        SpanInFlight {
            name: self.span.name(),
            context: self.context,
            parent_id: self.parent_id,
            age: self.started.elapsed(),
            fields: self.fields.clone(),
        }
    }
}

/// A text that takes no more than [`FIELD`] bytes.
struct Short(String);

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let space = FIELD - self.0.len();
        let fits = text.floor_char_boundary(space);
        self.0.push_str(&text[..fits]);
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} spans in flight", self.count.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shared, f)
    }
}

fn address(event: &'static AnyEvent) -> usize {
    std::ptr::from_ref(event).addr()
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
