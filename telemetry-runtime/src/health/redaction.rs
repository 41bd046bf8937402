//! Texts of errors, as they may be shown: short, on one line, and without what looks like a secret.

/// Characters that a message may have.
const LONGEST: usize = 256;
/// What stands in place of a secret.
const MASK: &str = "***";
/// A word before `=` or `:` that contains one of these is followed by a secret.
const SECRETS: [&str; 8] =
    ["password", "passwd", "pwd", "secret", "token", "key", "auth", "credential"];

/// The text on one line, with the user information of addresses and the values of secrets masked, and
/// cut where it is too long.
pub(super) fn redacted(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<String> = line.split(' ').map(|word| masked(&without_user(word))).collect();
    let text = words.join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// `postgres://user:sesame@host/db` becomes `postgres://***@host/db`.
fn without_user(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{MASK}{}", without_user(&rest[at..])),
        // A password may have a slash that was not escaped.
        None => match rest.rfind('@') {
            Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
            None => word.to_owned(),
        },
    }
}

/// `password=sesame` becomes `password=***`; of `a=1&token=b` and `a=1;token=b` each part by itself.
fn masked(word: &str) -> String {
    let mut masked = String::with_capacity(word.len());
    for part in word.split_inclusive(['&', ';', ',', '?']) {
        let end = part.len()
            - part.chars().next_back().map_or(0, |last| {
                if matches!(last, '&' | ';' | ',' | '?') { last.len_utf8() } else { 0 }
            });
        let (text, separator) = part.split_at(end);
        let pair = text.find(['=', ':']).map(|at| text.split_at(at + 1));
        match pair {
            Some((name, value)) if !value.is_empty() && !value.starts_with("//") => {
                let name_lower = name.to_ascii_lowercase();
                let is_secret = SECRETS.iter().any(|secret| name_lower.contains(secret));
                masked.extend([name, if is_secret { MASK } else { value }]);
            }
            _ => masked.push_str(text),
        }
        masked.push_str(separator);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_and_secrets_are_masked() {
        for (text, expected) in [
            (
                "cannot reach postgres://me:sesame@db:5432/x",
                "cannot reach postgres://***@db:5432/x",
            ),
            ("postgres://me:se/same@db/x", "postgres://***@db/x"),
            ("host=db password=sesame user=me", "host=db password=*** user=me"),
            ("http://h/?a=1&api_token=b&c=2", "http://h/?a=1&api_token=***&c=2"),
            ("Server=db;Pwd=sesame;x=1", "Server=db;Pwd=***;x=1"),
            ("Connection refused (os error 111)", "Connection refused (os error 111)"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn text_is_one_short_line() {
        assert_eq!(redacted("a\nb\r\u{1b}[31m"), "a b  [31m");
        let long = redacted(&"ä".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }
}
