//! What names, tags and values may have in them, so that none can forge a line.

/// Appends a metric's name: segments of letters, digits and `_` between dots.
pub(super) fn push_name(line: &mut String, name: &str) {
    line.extend(name.chars().map(|c| if c == '.' { c } else { plain(c) }));
}

/// Appends a tag's value as one segment of a name: letters, digits, `_` and `-`. An empty one is `_`,
/// as there are no empty segments.
pub(super) fn push_segment(line: &mut String, value: &str) {
    if value.is_empty() {
        line.push('_');
    }
    line.extend(value.chars().map(|c| if c == '-' { c } else { plain(c) }));
}

/// Appends a tag's name: what separates names, values, tags and fields is `_`.
pub(super) fn push_tag_name(line: &mut String, name: &str) {
    line.extend(name.chars().map(|c| if c == ':' { '_' } else { in_tag(c) }));
}

/// Appends a tag's value: colons may be in it, as the first one of a tag ends its name.
pub(super) fn push_tag_value(line: &mut String, value: &str) {
    line.extend(value.chars().map(in_tag));
}

fn plain(character: char) -> char {
    if character.is_ascii_alphanumeric() { character } else { '_' }
}

fn in_tag(character: char) -> char {
    let is_reserved = matches!(character, '|' | ',' | '#' | '@' | '\u{2028}' | '\u{2029}');
    if is_reserved || character.is_control() { '_' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(push: fn(&mut String, &str), text: &str) -> String {
        let mut line = String::new();
        push(&mut line, text);
        line
    }

    #[test]
    fn nothing_that_a_dialect_reserves_is_left() {
        assert_eq!(made(push_name, "my_app.größe|c\n"), "my_app.gr__e_c_");
        assert_eq!(made(push_segment, "/a.b:c d-e"), "_a_b_c_d-e");
        assert_eq!(made(push_segment, ""), "_");
        assert_eq!(made(push_tag_name, "a:b,c|d#e@f\ng"), "a_b_c_d_e_f_g");
        assert_eq!(made(push_tag_value, "http://ü x,y|c#z\r\n"), "http://ü x_y_c_z__");
    }
}
