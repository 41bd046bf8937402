//! JSON, as far as probes are answered in it.

use std::fmt::Write as _;

/// One object or array that is being written.
pub(super) struct Json {
    text: String,
    needs_comma: bool,
}

impl Json {
    pub(super) fn new() -> Self {
        Self { text: String::new(), needs_comma: false }
    }

    /// `{` … `}` or `[` … `]` around what `inner` writes.
    pub(super) fn within(&mut self, brackets: [char; 2], inner: impl FnOnce(&mut Self)) {
        self.comma();
        self.text.push(brackets[0]);
        self.needs_comma = false;
        inner(self);
        self.text.push(brackets[1]);
        self.needs_comma = true;
    }

    pub(super) fn key(&mut self, key: &str) -> &mut Self {
        self.comma();
        self.quote(key);
        self.text.push(':');
        self.needs_comma = false;
        self
    }

    pub(super) fn text(&mut self, value: &str) {
        self.comma();
        self.quote(value);
        self.needs_comma = true;
    }

    /// A number or a bool.
    pub(super) fn plain(&mut self, value: impl std::fmt::Display) {
        self.comma();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
        self.needs_comma = true;
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn comma(&mut self) {
        if self.needs_comma {
            self.text.push(',');
        }
    }

    /// RFC 8259; `<`, `>` and `&` are escaped too, for whoever puts it into a page.
    fn quote(&mut self, value: &str) {
        self.text.push('"');
        for c in value.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => self.escape(c),
                c if c.is_control() => self.escape(c),
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    /// Only of characters below U+10000.
    fn escape(&mut self, c: char) {
        let _ = write!(self.text, "\\u{:04x}", u32::from(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_arrays_and_hostile_texts_are_valid() {
        let mut json = Json::new();
        json.within(['{', '}'], |json| {
            json.key("a").text("\"\\\n</script>\u{7f}ä");
            json.key("b").within(['[', ']'], |json| {
                json.plain(1);
                json.within(['{', '}'], |_| {});
                json.plain(true);
            });
            json.key("c").plain(2.5);
        });
        let expected = r#"{"a":"\"\\\u000a\u003c/script\u003e\u007fä","b":[1,{},true],"c":2.5}"#;
        assert_eq!(json.finish(), expected);
    }
}
