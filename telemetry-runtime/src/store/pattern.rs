//! Which series are meant: patterns for the values of tags.

use super::tags::Tags;

/// Patterns for some of a metric's tags, which a series has to match all.
#[derive(Debug)]
pub(super) struct Pattern<'p> {
    /// Each with the tag's place.
    patterns: Vec<(usize, &'p str)>,
}

impl<'p> Pattern<'p> {
    /// # Errors
    /// The first name that is no tag.
    pub(super) fn new(names: &[&str], patterns: &[(&'p str, &'p str)]) -> Result<Self, &'p str> {
        let mut placed = Vec::new();
        for (tag, pattern) in patterns {
            let place = names.iter().position(|name| name == tag).ok_or(*tag)?;
            placed.push((place, *pattern));
        }
        Ok(Self { patterns: placed })
    }

    pub(super) fn matches(&self, tags: &Tags) -> bool {
        self.patterns.iter().all(|(place, pattern)| {
            tags.iter().nth(*place).is_some_and(|value| is_match(pattern, value))
        })
    }
}

/// Each `*` stands for any text, the empty one too.
fn is_match(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The first place where a part stands leaves the most for those behind it.
    for part in middle.split('*') {
        let Some(found) = text.find(part) else { return false };
        text = &text[found + part.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By trying everything.
    fn is_match_slowly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], text) => text.is_empty(),
            ([b'*', rest @ ..], text) => {
                (0..=text.len()).any(|skipped| is_match_slowly(rest, &text[skipped..]))
            }
            ([byte, rest @ ..], [first, text @ ..]) => byte == first && is_match_slowly(rest, text),
            _ => false,
        }
    }

    #[test]
    fn star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("/old*", "/old/orders", true),
            ("/old*", "/old", true),
            ("/old*", "/orders/old", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*a", "a", false),
            ("*.html", "index.html", true),
            ("/*/edit", "/ü/edit", true),
            ("a**b", "ab", true),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} for {text}");
        }
    }

    #[test]
    fn all_patterns_have_to_match_and_unnamed_tags_match_anything() {
        let mut set = telemetry::TagSet::with_texts();
        for value in ["/old", "GET"] {
            set.push(telemetry::TagValue::Str(value));
        }
        let tags = Tags::of(&set);
        let matches = |patterns: &[(&'static str, &'static str)]| {
            Pattern::new(&["route", "method"], patterns).map(|pattern| pattern.matches(&tags))
        };
        assert_eq!(matches(&[]), Ok(true));
        assert_eq!(matches(&[("method", "G*")]), Ok(true));
        assert_eq!(matches(&[("route", "/o*"), ("method", "POST")]), Ok(false));
        assert_eq!(matches(&[("route", "*"), ("status", "*")]), Err("status"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn matches_are_those_of_trying_everything(pattern in "[ab*]{0,8}", text in "[ab]{0,12}") {
            prop_assert_eq!(
                is_match(&pattern, &text),
                is_match_slowly(pattern.as_bytes(), text.as_bytes())
            );
        }
    }
}
