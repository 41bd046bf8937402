//! Attributes of the service, as `OTEL_RESOURCE_ATTRIBUTES` has them.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>:
//! pairs `key=value` between commas, in which other characters are percent-encoded, as in W3C Baggage.

use std::fmt::Write as _;

use crate::config::Value;

/// Keys and values, each key once, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pairs: Vec<(String, String)>,
}

impl Attributes {
    /// Sets one; a known key keeps its place.
    pub(crate) fn set(&mut self, key: String, value: String) {
        match self.pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.pairs.push((key, value)),
        }
    }

    pub(crate) fn of(&self, key: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(known, _)| known == key)?;
        Some(self.pairs.remove(at).1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (&**key, &**value))
    }
}

impl Value for Attributes {
    const ALLOWED: &'static str = "pairs as in key=value,key=value, with commas, percent signs and what is not ASCII percent-encoded";

    fn read(text: &str) -> Result<Self, String> {
        let mut attributes = Self::default();
        for pair in text.split(',') {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(format!("in which {:?} has no `=`", pair.trim()));
            };
            let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
            if key.is_empty() {
                return Err(format!("in which {:?} has no key", pair.trim()));
            }
            attributes.set(key, value);
        }
        Ok(attributes)
    }

    fn show(&self) -> String {
        let pairs: Vec<String> = self
            .iter()
            .map(|(key, value)| format!("{}={}", encoded(key, true), encoded(value, false)))
            .collect();
        pairs.join(",")
    }
}

/// # Errors
/// Where a percent sign is not followed by two digits, or what they say is not UTF-8.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err(format!(
                "in which a percent sign in {text:?} is not before two hexadecimal digits"
            ));
        };
        bytes.extend(u8::try_from(high * 16 + low));
        rest = &after[2..];
    }
    String::from_utf8(bytes)
        .map_err(|_| format!("in which {text:?} is not UTF-8 when it is decoded"))
}

/// What is not allowed, percent-encoded.
fn encoded(text: &str, is_key: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_plain =
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'%' | b',' | b';' | b'\\');
        if is_plain && !(is_key && byte == b'=') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        Attributes::read(text).unwrap().pairs
    }

    #[test]
    fn pairs_are_trimmed_and_decoded_and_the_last_of_a_key_holds() {
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        assert_eq!(
            pairs(" service.version=1.2 , team = caf%C3%A9%2Cbar ,q=a=b+c,empty=,k%3D=%25,q=last"),
            [
                ("service.version", "1.2"),
                ("team", "café,bar"),
                ("q", "last"),
                ("empty", ""),
                ("k=", "%"),
            ]
            .map(owned)
        );
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        let text = "team=caf%C3%A9%2Cbar,k%3D=a=b%20%25,empty=";
        assert_eq!(Attributes::read(text).unwrap().show(), text);
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_pairs_are_they_are_read_as_they_were(
            given in proptest::collection::vec(("\\PC{1,8}", ".{0,8}"), 1..5)
        ) {
            let mut attributes = Attributes::default();
            for (key, value) in given {
                attributes.set(key, value);
            }
            let text = attributes.show();
            proptest::prop_assert!(text.is_ascii());
            proptest::prop_assert_eq!(Attributes::read(&text), Ok(attributes));
        }
    }

    #[test]
    fn a_text_that_is_none_says_where() {
        for (text, why) in [
            ("a", "\"a\" has no `=`"),
            ("a=1,", "\"\" has no `=`"),
            ("a=1,,b=2", "\"\" has no `=`"),
            ("=1", "\"=1\" has no key"),
            ("a=%4", "percent sign in \"%4\""),
            ("a=%zz", "percent sign in \"%zz\""),
            ("a=%+1", "percent sign in \"%+1\""),
            ("a=100%", "percent sign in \"100%\""),
            ("a=%ff", "\"%ff\" is not UTF-8"),
        ] {
            let error = Attributes::read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
