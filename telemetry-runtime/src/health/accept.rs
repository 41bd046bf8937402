//! What a client wants to read, by its header `Accept` (RFC 9110, 12.5.1).

use super::page::Form;

/// JSON, unless the client prefers plain text.
pub(super) fn form(accept: &str) -> Form {
    let json = quality(accept, "application", "json");
    let text = quality(accept, "text", "plain");
    if text.0 > 0 && text > json { Form::Text } else { Form::Json }
}

/// How much a type is wanted, and how exactly it was named.
fn quality(accept: &str, kind: &str, subtype: &str) -> (u16, u8) {
    let mut best = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some((a, b)) = parts.next().and_then(|name| name.split_once('/')) else { continue };
        let exactness = match (a, b) {
            ("*", "*") => 1,
            (a, "*") if a.eq_ignore_ascii_case(kind) => 2,
            (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => 3,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        let weight = weight.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0)).clamp(0.0, 1.0);
        // From 0 to 1000.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let weight = (weight * 1_000.0) as u16;
        // The most exact range that names a type says how much it is wanted.
        if exactness > best.1 {
            best = (weight, exactness);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_for_who_prefers_it() {
        for (accept, expected) in [
            ("", Form::Json),
            ("*/*", Form::Json),
            ("application/json", Form::Json),
            ("text/html, */*;q=0.8", Form::Json),
            ("text/plain", Form::Text),
            ("text/plain, */*", Form::Text),
            ("text/*;q=0.5, application/json;q=0.4", Form::Text),
            ("text/plain;q=0.5, application/json", Form::Json),
            ("text/plain;q=0, */*;q=0.1", Form::Json),
            ("nonsense, text/plain;q=x", Form::Json),
        ] {
            assert_eq!(form(accept), expected, "{accept}");
        }
    }
}
