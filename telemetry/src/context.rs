//! The span context: which trace and span a piece of work belongs to.
//!
//! It is kept per thread while a span's function runs or its future is polled, and crosses threads
//! and spawns by hand: [`SpanContext::scope`] and [`WithContext::with_context`].

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::Future;
use std::hash::BuildHasher;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::Error;

/// A span's identity, in the form of W3C Trace Context: a 16-byte trace id, an 8-byte span id, and
/// the parent's span id when there is one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanContext {
    ids: Ids,
    flags: Flags,
}

/// A context in whole words, for who has room for its flags beside others.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ids {
    /// In halves: a 128-bit integer would make everything that holds it larger.
    trace_high: u64,
    trace_low: u64,
    span_id: NonZeroU64,
    parent_id: Option<NonZeroU64>,
}

thread_local! {
    static CURRENT: Cell<Option<SpanContext>> = const { Cell::new(None) };
}

impl SpanContext {
    /// The context of the innermost span that is running on this thread.
    pub fn current() -> Option<Self> {
        CURRENT.get()
    }

    /// A new span under `parent`, else under the current one, else under none: then it begins a trace
    /// of its own. `now` is the clock's reading.
    #[inline]
    pub(crate) fn child_of(parent: Option<&Self>, now: u64) -> Self {
        let (trace_high, trace_low) = trace_under(parent, now);
        let (span_id, parent_id) = span_under(parent, now);
        let flags =
            parent.copied().or_else(Self::current).map_or(Flags::UNKNOWN, |parent| parent.flags);
        Self { ids: Ids { trace_high, trace_low, span_id, parent_id }, flags }
    }

    #[inline]
    pub(crate) fn parts(self) -> (Ids, Flags) {
        (self.ids, self.flags)
    }

    #[inline]
    pub(crate) fn of_parts(ids: Ids, flags: Flags) -> Self {
        Self { ids, flags }
    }

    /// The id that all spans of a trace share.
    pub fn trace_id(&self) -> u128 {
        u128::from(self.ids.trace_high) << 64 | u128::from(self.ids.trace_low)
    }

    /// The id of this span.
    pub fn span_id(&self) -> u64 {
        self.ids.span_id.get()
    }

    /// The id of the span that this one is nested in.
    pub fn parent_id(&self) -> Option<u64> {
        self.ids.parent_id.map(NonZeroU64::get)
    }

    /// Whether another process, from whose `traceparent` this context or an ancestor of it was read, has
    /// said that it records the trace. `None` of a trace that began in this process: who sends spans
    /// somewhere decides.
    ///
    /// Source: <https://www.w3.org/TR/trace-context/#sampled-flag>.
    pub fn sampled(&self) -> Option<bool> {
        match self.flags {
            Flags::UNKNOWN => None,
            Flags(flags) => Some(flags & SAMPLED != 0),
        }
    }

    /// Runs `work` with this context as the current one.
    pub fn scope<R>(self, work: impl FnOnce() -> R) -> R {
        let _entered = Entered::new(self);
        work()
    }
}

/// What the process that a trace was read from said of it. Not an `Option`, which would be where those
/// around it keep what they are: a span that nobody listens to is told by its id, a word, not a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Flags(u8);

impl Flags {
    /// No process said anything.
    const UNKNOWN: Self = Self(u8::MAX);
}

/// The flag of a trace that is recorded.
const SAMPLED: u8 = 1;

impl fmt::Display for SpanContext {
    /// The W3C `traceparent` form, as [sampled](Self::sampled) unless another process said otherwise.
    /// `{:#}` adds `-` and the id of the parent where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled().unwrap_or(true)) * SAMPLED;
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id(), self.span_id())?;
        match self.parent_id() {
            Some(parent) if f.alternate() => write!(f, "-{parent:016x}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for SpanContext {
    type Err = Error;

    /// Reads a `traceparent` header, as another process sent it: its span becomes the parent of
    /// what runs in the context. Of versions after 00 the known parts are read.
    ///
    /// Source: <https://www.w3.org/TR/trace-context/#traceparent-header>.
    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| Error::invalid_context(text))
    }
}

fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let version = hexadecimal(parts.next()?, 2)?;
    let trace_id = parts.next().filter(|digits| digits.len() == 32)?;
    let (high, low) = trace_id.split_at_checked(16)?;
    let (trace_high, trace_low) = (hexadecimal(high, 16)?, hexadecimal(low, 16)?);
    let span_id = NonZeroU64::new(hexadecimal(parts.next()?, 16)?)?;
    let flags = hexadecimal(parts.next()?, 2)?;
    if version == 0xff
        || (version == 0 && parts.next().is_some())
        || (trace_high, trace_low) == (0, 0)
    {
        return None;
    }
    let flags = Flags(u8::try_from(flags).ok()? & SAMPLED);
    let ids = Ids { trace_high, trace_low, span_id, parent_id: None };
    Some(SpanContext { ids, flags })
}

/// So many digits, in lower case.
fn hexadecimal(digits: &str, count: usize) -> Option<u64> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != count || !digits.bytes().all(is_digit) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

impl fmt::Debug for SpanContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanContext({self})")
    }
}

/// Makes a context the current one until it is dropped; the one before then returns.
#[derive(Debug)]
pub(crate) struct Entered {
    _leave: Leave,
    /// The context belongs to this thread.
    not_send: std::marker::PhantomData<*const ()>,
}

impl Entered {
    #[inline]
    pub(crate) fn new(context: SpanContext) -> Self {
        Self { _leave: Leave::entering(context), not_send: std::marker::PhantomData }
    }
}

/// What [`Entered`] does when it is dropped. For where the type must be `Send` and the value never
/// is: it is made while a future is dropped, and dropped with it.
#[derive(Debug)]
pub(crate) struct Leave {
    previous: Option<SpanContext>,
}

impl Leave {
    #[inline]
    pub(crate) fn entering(context: SpanContext) -> Self {
        Self { previous: CURRENT.replace(Some(context)) }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// Futures that carry a span context to wherever they are polled.
///
/// ```
/// use telemetry::{SpanContext, WithContext as _};
/// # fn spawn(future: impl Future) {}
///
/// async fn work() {}
/// // on another thread, this goes on within the span that runs here
/// spawn(work().with_context(SpanContext::current()));
/// ```
pub trait WithContext: Future + Sized {
    /// Makes `context` the current one while the future is polled. `None` changes nothing.
    fn with_context(self, context: impl Into<Option<SpanContext>>) -> ContextFuture<Self> {
        ContextFuture { context: context.into(), future: self }
    }
}

impl<F: Future> WithContext for F {}

/// What `parent = …` takes.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of a span",
    label = "not a span context",
    note = "parents are `SpanContext` and `Option<SpanContext>`: `SpanContext::current()`, or a guard's `context()`"
)]
pub trait Parent {
    fn given(&self) -> Option<&SpanContext>;
}

impl Parent for SpanContext {
    #[inline]
    fn given(&self) -> Option<&SpanContext> {
        Some(self)
    }
}

impl Parent for Option<SpanContext> {
    #[inline]
    fn given(&self) -> Option<&SpanContext> {
        self.as_ref()
    }
}

/// What the user gave for `parent`: a function, so that what is no context is told at the user's word.
#[doc(hidden)]
#[inline]
#[expect(clippy::needless_pass_by_value, reason = "what the user gave, which may be a constant")]
pub fn parent(parent: impl Parent) -> Option<SpanContext> {
    parent.given().copied()
}

pin_project! {
    /// A future that is polled with a given span context; made by [`WithContext::with_context`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ContextFuture<F> {
        context: Option<SpanContext>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for ContextFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.context.map(Entered::new);
        this.future.poll(cx)
    }
}

/// The trace of a new span, in halves.
fn trace_under(parent: Option<&SpanContext>, now: u64) -> (u64, u64) {
    match parent.copied().or_else(SpanContext::current) {
        Some(parent) => (parent.ids.trace_high, parent.ids.trace_low),
        // An id that is all zero is none.
        None => (random(now), random(now).max(1)),
    }
}

/// The id of a new span, and that of its parent.
fn span_under(parent: Option<&SpanContext>, now: u64) -> (NonZeroU64, Option<NonZeroU64>) {
    let parent = parent.copied().or_else(SpanContext::current);
    let span_id = NonZeroU64::new(random(now)).unwrap_or(NonZeroU64::MIN);
    (span_id, parent.map(|parent| parent.ids.span_id))
}

/// `SplitMix64` (Steele, Lea, Flood 2014), seeded per thread by the standard library's hash keys.
///
/// The clock's reading goes into the state each time: so the ids of a forked child part from its
/// parent's without a system call that asks which process this is.
fn random(now: u64) -> u64 {
    thread_local! {
        static STATE: Cell<Option<u64>> = const { Cell::new(None) };
    }
    let state = STATE.get().unwrap_or_else(|| RandomState::new().hash_one(now));
    let state = (state ^ now).wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(Some(state));
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_keeps_the_trace_and_names_its_parent() {
        let root = SpanContext::child_of(None, 1);
        let child = SpanContext::child_of(Some(&root), 1);
        assert_eq!((root.parent_id(), root.sampled(), child.sampled()), (None, None, None));
        assert_eq!(child.trace_id(), root.trace_id());
        assert_eq!(child.parent_id(), Some(root.span_id()));
        assert_ne!(child.span_id(), root.span_id());
    }

    #[test]
    fn a_scope_ends_with_its_work_even_by_panic() {
        let context = SpanContext::child_of(None, 1);
        let seen = context.scope(SpanContext::current);
        assert_eq!(seen, Some(context));
        let unwound = std::panic::catch_unwind(|| context.scope(|| panic!("out")));
        assert!(unwound.is_err());
        assert_eq!(SpanContext::current(), None);
    }

    #[test]
    fn a_traceparent_is_read_back() {
        let context = SpanContext::child_of(None, 1);
        let read: SpanContext = context.to_string().parse().unwrap();
        assert_eq!((read.trace_id(), read.span_id()), (context.trace_id(), context.span_id()));
        assert_eq!(read.parent_id(), None);
        let known = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        for (text, flags) in [
            (format!("00-{known}-00"), "00"),
            (format!("00-{known}-ff"), "01"),
            (format!("01-{known}-01"), "01"),
            (format!("42-{known}-00-what-comes-then"), "00"),
            (format!("fe-{known}-02-"), "00"),
        ] {
            let read: SpanContext = text.parse().unwrap();
            assert_eq!(read.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, "{text}");
            assert_eq!(read.span_id(), 0x00f0_67aa_0ba9_02b7, "{text}");
            assert_eq!(read.to_string(), format!("00-{known}-{flags}"), "ours are of version 00");
            assert_eq!(read.sampled(), Some(flags == "01"), "{text}");
            let inner = SpanContext::child_of(Some(&SpanContext::child_of(Some(&read), 1)), 1);
            assert_eq!(inner.sampled(), read.sampled(), "it is the trace's");
        }
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let span = "00f067aa0ba902b7";
        for text in [
            String::new(),
            "00".into(),
            format!("00-{trace}-{span}"),
            format!("00-{trace}-{span}-01-more"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-+{}-{span}-01", &trace[1..]),
            format!("00-{trace}-{span}-é"),
            format!("00-{trace}-{span}-0"),
            format!("00-{trace}-{span}-01-"),
            format!("00-{trace}-{}-01", span.to_uppercase()),
            format!("00-{trace}-{span}-0A"),
            format!("FF-{trace}-{span}-01"),
            format!("0F-{trace}-{span}-01"),
            format!("0-{trace}-{span}-01"),
            // of a later version, what comes then begins with a dash
            format!("42-{trace}-{span}-01what-comes-then"),
            format!("42-{}-{span}-01-more", "0".repeat(32)),
            format!("42-{trace}-{}-01-more", "0".repeat(16)),
            format!(" 00-{trace}-{span}-01"),
            format!("00-{trace}-{span}-01\n"),
            format!("00_{trace}_{span}_01"),
            "x".repeat(100_000),
        ] {
            let error = text.parse::<SpanContext>().unwrap_err();
            assert!(error.is_invalid_context());
            assert!(error.to_string().len() < 300, "{error}");
        }
    }

    #[test]
    fn ids_do_not_repeat() {
        let ids: std::collections::HashSet<u64> =
            (0..10_000).map(|now| SpanContext::child_of(None, now / 100).span_id()).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn the_text_form_is_a_traceparent() {
        let text = SpanContext::child_of(None, 1).to_string();
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(parts, [2, 32, 16, 2]);
    }

    #[test]
    fn the_alternate_text_form_names_the_parent() {
        let root = SpanContext::child_of(None, 1);
        assert_eq!(format!("{root:#}"), root.to_string());
        let child = SpanContext::child_of(Some(&root), 1);
        assert_eq!(format!("{child:#}"), format!("{child}-{:016x}", root.span_id()));
    }
}
