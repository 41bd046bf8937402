//! The console's table is as wide and as high as it may be, and nothing in it moves the cursor.
#![no_main]

use std::cell::RefCell;
use std::sync::Once;

use libfuzzer_sys::{Corpus, fuzz_target};
use telemetry_fuzz::story::{Story, event};
use telemetry_runtime::fuzzing::console::{block, table};
use unicode_width::UnicodeWidthStr as _;

/// Three columns of eight and two gaps: narrower it does not become.
const NARROWEST: usize = 28;

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(([width, height], input)) = input.split_first_chunk::<2>() else {
        return Corpus::Reject;
    };
    let Some(story) = Story::of(input) else { return Corpus::Reject };
    let (width, height) = (usize::from(*width), usize::from(*height));
    let snapshot = &story.end().snapshot;
    let service = story.executions.last().map_or("", |executed| &executed.tags[0]);

    let whole = table(snapshot, service, None, None, false);
    let series: usize = snapshot.metrics().iter().map(|metric| metric.series().count()).sum();
    assert_eq!(whole.lines().count(), series + 2, "{whole:?}");
    assert_plain(&whole);

    let fitted = table(snapshot, service, Some(width), Some(height), false);
    assert_plain(&fitted);
    assert!(fitted.lines().count() <= height.max(3), "{} lines: {fitted}", fitted.lines().count());
    for line in fitted.lines() {
        assert!(line.width() <= width.max(NARROWEST), "{} of {width}: {line:?}", line.width());
    }

    let colored = table(snapshot, service, Some(width), Some(height), true);
    let stripped = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"]
        .iter()
        .fold(colored, |text, style| text.replace(style, ""));
    assert_eq!(stripped, fitted, "colours are all that differs");
    blocks(&story);
    Corpus::Keep
});

#[track_caller]
fn assert_plain(text: &str) {
    let hostile = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(hostile), "{text:?}");
}

/// Each execution is one block, of which no field makes more lines.
fn blocks(story: &Story) {
    thread_local! {
        static BLOCK: RefCell<String> = const { RefCell::new(String::new()) };
    }
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        telemetry::attach_many("blocks", &[event()], (), |execution, ()| {
            BLOCK.set(block(execution))
        })
        .expect("nobody else has this name");
    });
    for executed in &story.executions {
        let [name, value, _] = &executed.tags;
        event().execute_dynamic(&[(name, executed.number)], &[(value, (&**name).into())]);
        let block = BLOCK.take();
        assert_plain(&block);
        assert_eq!(block.lines().count(), 3, "{block:?}");
    }
}
