//! Labels as they are written, rendered once for as long as no series comes or goes.
//!
//! What is written of the labels, the braces and the space behind them, is kept in one text for each
//! list of series, in its order: 20 ns a series less to render. It costs what it takes in the text and
//! 4 bytes a series, which are 50 to 100 bytes as a rule, up to a limit of all lists together; past it
//! labels are rendered each time. It is forgotten with its list, and where nobody has asked for
//! [`REST`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::exposition::prometheus_label;
use crate::store::snapshot::{ListIdentity, MetricSnapshot, Snapshot};

/// Rendered labels are kept for so long after the last scrape.
const REST: Duration = Duration::from_mins(5);

/// What a series without labels has between its name and its number.
const NONE: &[u8] = b" ";
/// What stands behind the last label's value.
const END: &[u8] = b"} ";

/// The rendered labels of one list, in its order.
#[derive(Debug, Default)]
pub(super) struct Labels {
    text: Vec<u8>,
    /// Where the labels of each series end.
    ends: Vec<u32>,
}

impl Labels {
    /// Those of the series at a place.
    #[inline]
    fn at(&self, place: usize) -> Option<&[u8]> {
        let end = *self.ends.get(place)? as usize;
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }

    /// What they take once they are kept, without the room that they grow into.
    fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<u32>()
    }
}

/// What stands in the labels of one metric's series beside the values of its tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// The labels that all series have, as they are written.
    constant: Vec<u8>,
    of_tags: Vec<String>,
}

impl Names {
    pub(super) fn new<'t>(
        constant: impl Iterator<Item = (&'t str, &'t str)>,
        of_tags: &[String],
    ) -> Self {
        let mut names = Self { constant: Vec::new(), of_tags: of_tags.to_vec() };
        for (name, value) in constant {
            push_label(&mut names.constant, &prometheus_label(name), value);
        }
        names
    }

    fn is_empty(&self) -> bool {
        self.constant.is_empty() && self.of_tags.is_empty()
    }
}

/// Where the labels of one metric's series come from while they are written, from the first on.
#[derive(Debug)]
pub(super) enum Source {
    /// They were rendered before.
    Kept(Arc<Labels>),
    /// They are rendered for the next ones, within so many bytes.
    Keeping { labels: Labels, names: Names, room: usize },
    /// They are rendered each time.
    Rendering { names: Names, text: Vec<u8> },
}

impl Source {
    /// Of no labels.
    pub(super) fn none() -> Self {
        Self::Rendering { names: Names::default(), text: Vec::new() }
    }

    /// The labels of the series at a place, which is the one after the last that was asked for.
    #[inline]
    pub(super) fn at(&mut self, metric: &MetricSnapshot, place: usize) -> &[u8] {
        if let Self::Keeping { labels, names, room } = self {
            match u32::try_from(labels.text.len()) {
                Ok(_) if labels.bytes() <= *room => {}
                _ => *self = Self::Rendering { names: std::mem::take(names), text: Vec::new() },
            }
        }
        match self {
            Self::Kept(labels) => labels.at(place).unwrap_or(NONE),
            Self::Keeping { labels, names, .. } => {
                let start = labels.text.len();
                render(&mut labels.text, names, metric, place);
                // where it does not fit, the next one begins to render each time
                labels.ends.push(u32::try_from(labels.text.len()).unwrap_or(u32::MAX));
                &labels.text[start..]
            }
            Self::Rendering { names, text } => {
                text.clear();
                render(text, names, metric, place);
                text
            }
        }
    }
}

fn render(text: &mut Vec<u8>, names: &Names, metric: &MetricSnapshot, place: usize) {
    if names.is_empty() {
        return text.extend_from_slice(NONE);
    }
    text.push(b'{');
    let start = text.len();
    text.extend_from_slice(&names.constant);
    let tags = metric.tags_at(place);
    for (name, value) in names.of_tags.iter().zip(tags.iter().flat_map(|tags| tags.iter())) {
        if text.len() > start {
            text.push(b',');
        }
        push_label_alone(text, name, value);
    }
    text.extend_from_slice(END);
}

/// A label behind those that are there.
fn push_label(text: &mut Vec<u8>, name: &str, value: &str) {
    if !text.is_empty() {
        text.push(b',');
    }
    push_label_alone(text, name, value);
}

fn push_label_alone(text: &mut Vec<u8>, name: &str, value: &str) {
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b"=\"");
    push_escaped(text, value, true);
    text.push(b'"');
}

/// The same with one more label, whose value is pushed and needs no escapes.
pub(super) fn push_with(
    text: &mut Vec<u8>,
    labels: &[u8],
    name: &str,
    push: impl FnOnce(&mut Vec<u8>),
) {
    match labels.strip_suffix(END) {
        Some(labels) => {
            text.extend_from_slice(labels);
            text.push(b',');
        }
        None => text.push(b'{'),
    }
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b"=\"");
    push(text);
    text.extend_from_slice(b"\"} ");
}

/// Backslash and newline are escaped, and quotes where a text stands in some.
pub(super) fn push_escaped(text: &mut Vec<u8>, value: &str, quotes: bool) {
    let mut rest = value.as_bytes();
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'\n') || (*byte == b'"' && quotes);
    while let Some(place) = rest.iter().position(is_special) {
        text.extend_from_slice(&rest[..place]);
        text.push(b'\\');
        text.push(if rest[place] == b'\n' { b'n' } else { rest[place] });
        rest = &rest[place + 1..];
    }
    text.extend_from_slice(rest);
}

/// The rendered labels of all lists.
#[derive(Debug)]
pub(super) struct LabelCache {
    limit: usize,
    kept: Mutex<Vec<Kept>>,
    /// Whether somebody waits for the time to forget.
    is_watched: AtomicBool,
}

#[derive(Debug)]
struct Kept {
    list: ListIdentity,
    names: Names,
    labels: Arc<Labels>,
    used: Instant,
}

impl LabelCache {
    /// Keeps at most so many bytes.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, kept: Mutex::default(), is_watched: AtomicBool::new(false) })
    }

    /// Forgets the lists that are not those of this snapshot.
    pub(super) fn follow(&self, snapshot: &Snapshot) {
        let mut kept = self.lock();
        if !kept.is_empty() {
            let lists: Vec<_> =
                snapshot.metrics().iter().map(MetricSnapshot::list_identity).collect();
            kept.retain(|kept| lists.contains(&kept.list));
        }
    }

    /// Where labels of these names come from, of a metric's series.
    pub(super) fn source(&self, metric: &MetricSnapshot, names: Names) -> Source {
        let list = metric.list_identity();
        let mut all = self.lock();
        if let Some(kept) = all.iter_mut().find(|kept| kept.list == list && kept.names == names) {
            kept.used = Instant::now();
            return Source::Kept(kept.labels.clone());
        }
        let room = self.limit.saturating_sub(all.iter().map(|kept| kept.labels.bytes()).sum());
        if room == 0 || names.is_empty() {
            return Source::Rendering { names, text: Vec::new() };
        }
        Source::Keeping { labels: Labels::default(), names, room }
    }

    /// Keeps what was rendered, if that is all of the list and still fits.
    pub(super) fn keep(&self, metric: &MetricSnapshot, source: Source) {
        let Source::Keeping { mut labels, names, .. } = source else { return };
        if labels.ends.len() != metric.places() || labels.text.len() > u32::MAX as usize {
            return;
        }
        labels.text.shrink_to_fit();
        labels.ends.shrink_to_fit();
        let list = metric.list_identity();
        let mut all = self.lock();
        let bytes = all.iter().map(|kept| kept.labels.bytes()).sum::<usize>() + labels.bytes();
        let is_known = all.iter().any(|kept| kept.list == list && kept.names == names);
        if bytes <= self.limit && !is_known {
            let labels = Arc::new(labels);
            all.push(Kept { list, names, labels, used: Instant::now() });
        }
    }

    /// Sees to it that labels which nobody asks for are forgotten, where there is a Tokio runtime.
    pub(super) fn watch(self: &Arc<Self>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.is_watched.swap(true, Ordering::Relaxed) {
            return;
        }
        let cache = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(REST).await;
                let Some(cache) = cache.upgrade() else { return };
                if cache.forget_rested(Instant::now()) {
                    return;
                }
            }
        });
    }

    /// Forgets what has rested; gives whether nothing is left, and nobody watches any more.
    fn forget_rested(&self, now: Instant) -> bool {
        let mut kept = self.lock();
        kept.retain(|kept| now.saturating_duration_since(kept.used) < REST);
        if kept.is_empty() {
            self.is_watched.store(false, Ordering::Relaxed);
        }
        kept.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(value: &str, quotes: bool) -> String {
        let mut text = Vec::new();
        push_escaped(&mut text, value, quotes);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn no_value_can_forge_a_line() {
        let value = "a\"} 1\nforged{x=\"\\";
        assert_eq!(escaped(value, true), r#"a\"} 1\nforged{x=\"\\"#);
        assert_eq!(escaped("größe \"1\"\n", false), r#"größe "1"\n"#);
        assert_eq!(escaped("", true), "");
    }

    #[test]
    fn one_more_label_stands_behind_the_others_or_alone() {
        for (labels, expected) in
            [(" ", "{le=\"1\"} "), ("{route=\"/a} \"} ", "{route=\"/a} \",le=\"1\"} ")]
        {
            let mut text = Vec::new();
            push_with(&mut text, labels.as_bytes(), "le", |text| text.push(b'1'));
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[allow(unsafe_code, reason = "the element in the distributed slice")]
    mod events {
        telemetry::events! {
            event labels_rest.seen { metadata { route: &str } }
            event labels_rest.limited { metadata { route: &str } }
        }
    }
    use events::labels_rest;
    #[allow(unsafe_code, reason = "the element in the distributed slice")]
    mod metrics {
        use super::labels_rest;
        telemetry::metrics! {
            counter(labels_rest.seen.count, tags = [route]);
            counter(labels_rest.limited.count, tags = [route]);
        }
    }

    #[test]
    fn labels_are_kept_up_to_the_limit_and_rendered_each_time_past_it() {
        let _captured = telemetry::testing::capture(&[&labels_rest::limited]);
        // so many that a buffer which doubles is past the limit
        let routes: Vec<String> = (0..33).map(|route| format!("/{route:02}")).collect();
        for route in &routes {
            telemetry::execute!(labels_rest::limited, {}, { route });
        }
        let snapshot = crate::testing::snapshot();
        let metric = snapshot.snapshot().metric("labels_rest.limited.count").unwrap();
        let limit = routes.len() * ("{route=\"/00\"} ".len() + size_of::<u32>());
        for (limit, is_kept) in [(limit, true), (limit - 1, false)] {
            let cache = LabelCache::new(limit);
            let source =
                || cache.source(metric, Names::new(std::iter::empty(), &["route".to_owned()]));
            let mut first = source();
            let labels: Vec<_> =
                (0..routes.len()).map(|place| first.at(metric, place).to_vec()).collect();
            cache.keep(metric, first);
            let mut second = source();
            assert_eq!(matches!(second, Source::Kept(_)), is_kept, "{limit} bytes");
            assert!((0..routes.len()).all(|place| second.at(metric, place) == labels[place]));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn labels_that_nobody_asks_for_are_forgotten_after_five_minutes() {
        let _captured = telemetry::testing::capture(&[&labels_rest::seen]);
        for route in ["/a", "/b"] {
            telemetry::execute!(labels_rest.seen, {}, { route });
        }
        let snapshot = crate::testing::snapshot();
        let metric = snapshot.snapshot().metric("labels_rest.seen.count").unwrap();
        let cache = LabelCache::new(1 << 20);
        let scrape = || {
            cache.watch();
            let names = Names::new(std::iter::empty(), &["route".to_owned()]);
            let mut source = cache.source(metric, names);
            let is_kept = matches!(source, Source::Kept(_));
            let labels: Vec<_> =
                (0..metric.places()).map(|place| source.at(metric, place).to_vec()).collect();
            assert_eq!(labels, [b"{route=\"/a\"} ", b"{route=\"/b\"} "]);
            cache.keep(metric, source);
            is_kept
        };
        assert!(!scrape(), "there was nothing to keep yet");
        // as long as somebody asks they are kept
        for _ in 0..3 {
            tokio::time::sleep(REST / 5 * 4).await;
            assert!(scrape());
        }
        // they are looked after every five minutes, so that they rest for less than ten
        tokio::time::sleep(REST * 2).await;
        assert!(cache.lock().is_empty());
        assert!(!scrape(), "they were forgotten");
        assert!(cache.is_watched.load(Ordering::Relaxed) && scrape());
    }
}
