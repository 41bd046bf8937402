//! Tags are told apart by their words exactly where they differ, read back as they were, and matched as
//! patterns say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetry::{TagSet, TagValue};
use telemetry_runtime::fuzzing::store::{matches, tags};

static TEXTS: [&str; 3] = ["a", "", "größe"];

fuzz_target!(|input: &[u8]| {
    let Ok(text) = str::from_utf8(input) else { return };
    let (one, other) = text.split_once('\u{1e}').unwrap_or((text, text));
    let [ours, others] = [one, other].map(values);
    let [our_set, other_set] = [&ours, &others].map(|values| set(values));
    let are_equal = forms(&ours) == forms(&others);
    assert_eq!(our_set.words() == other_set.words(), are_equal, "{ours:?} {others:?}");
    for (set, values) in [(&our_set, &ours), (&other_set, &others)] {
        assert_eq!(set.hash(), TagSet::hash_of(set.words()));
        let read = tags(set);
        let texts: Vec<String> = values.iter().map(|value| value.text().into_owned()).collect();
        assert!(set.texts().eq(texts.iter().map(String::as_str)), "{set:?} {texts:?}");
        assert!(read.iter().eq(texts.iter().map(String::as_str)), "{read:?} {texts:?}");
        assert_eq!((read.len(), read.is_empty()), (texts.len(), texts.is_empty()));
    }
    let texts = |values: &[TagValue<'_>]| -> Vec<String> {
        values.iter().map(|value| value.text().into_owned()).collect()
    };
    let order = tags(&our_set).cmp(&tags(&other_set));
    assert_eq!(order, texts(&ours).cmp(&texts(&others)));

    let (pattern, value) = (shortened(one), shortened(other));
    let mut value_set = TagSet::with_texts();
    value_set.push(TagValue::Str(value));
    let is_match = matches(pattern, &tags(&value_set));
    assert_eq!(is_match, is_matched(pattern.as_bytes(), value.as_bytes()), "{pattern:?} {value:?}");
});

fn set(values: &[TagValue<'_>]) -> TagSet {
    let mut set = TagSet::with_texts();
    values.iter().for_each(|value| set.push(value.clone()));
    set
}

/// Of each form, by the first character.
fn values(text: &str) -> Vec<TagValue<'_>> {
    let value = |text| -> TagValue<'_> {
        let rest = str::get(text, 1..).unwrap_or_default();
        match text.bytes().next() {
            Some(b'u') => TagValue::Unsigned(rest.parse().unwrap_or_default()),
            Some(b'i') => TagValue::Signed(rest.parse().unwrap_or_default()),
            Some(b'b') => TagValue::Bool(rest.is_empty()),
            Some(b'e') => TagValue::Enum { index: rest.len() % TEXTS.len(), texts: &TEXTS },
            Some(b'o') => TagValue::Owned(rest.to_owned()),
            _ => TagValue::Str(text),
        }
    };
    text.split('\u{1f}').map(value).collect()
}

/// The same, as a text is one whether or not it is borrowed.
fn forms<'v>(values: &'v [TagValue<'v>]) -> Vec<TagValue<'v>> {
    let form = |value: &'v TagValue<'v>| match value {
        TagValue::Owned(text) => TagValue::Str(text),
        other => other.clone(),
    };
    values.iter().map(form).collect()
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(48)]
}

/// By a table: whether the first characters of both match.
fn is_matched(pattern: &[u8], text: &[u8]) -> bool {
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for byte in pattern {
        let mut next = vec![false; text.len() + 1];
        if *byte == b'*' {
            let first = row.iter().position(|is_match| *is_match).unwrap_or(row.len());
            next[first..].fill(true);
        } else {
            for place in 0..text.len() {
                next[place + 1] = row[place] && text[place] == *byte;
            }
        }
        row = next;
    }
    row[text.len()]
}
