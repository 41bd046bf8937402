//! What a client wants to read, by its header `Accept` (RFC 9110, 12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

use super::page::Form;
use crate::admin::accept::accepted;

/// JSON, unless the client prefers plain text.
pub(super) fn form(headers: &HeaderMap) -> Form {
    let json = quality(headers, "application", "json");
    let text = quality(headers, "text", "plain");
    if text.0 > 0 && text > json { Form::Text } else { Form::Json }
}

/// How much a type is wanted, and how exactly it was named. The most exact range that names it says how
/// much.
fn quality(headers: &HeaderMap, kind: &str, subtype: &str) -> (u16, u8) {
    let mut best = (0, 0);
    for range in accepted(headers, ACCEPT) {
        let Some((a, b)) = range.name.split_once('/') else { continue };
        let exactness = match (a, b) {
            ("*", "*") => 1,
            (a, "*") if a.eq_ignore_ascii_case(kind) => 2,
            (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => 3,
            _ => continue,
        };
        if exactness > best.1 {
            best = (range.quality, exactness);
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
            ("nonsense, text/plain;q=x, application/json;q=0.1", Form::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(form(&headers), expected, "{accept}");
        }
    }
}
