//! The rule for names that are made at run time. Declared ones are identifiers.

use crate::error::Error;

/// The longest name, in bytes.
const LONGEST: usize = 255;

/// # Errors
/// When the name is empty or too long, or a segment is empty or holds a control character.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let fault = if name.is_empty() {
        "it is empty"
    } else if name.len() > LONGEST {
        "it is longer than 255 bytes"
    } else if name.split('.').any(str::is_empty) {
        "a segment is empty"
    } else if name.contains(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(());
    };
    Err(Error::invalid_name(name, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_names_are_refused_with_the_fault() {
        assert!(check("plugin.jobs.done").is_ok());
        let long = "x".repeat(256);
        for (name, fault) in [
            ("", "is empty"),
            (".a", "a segment is empty"),
            ("a..b", "a segment is empty"),
            ("a.b.", "a segment is empty"),
            ("a.b\n", "control character"),
            (&long, "longer than 255"),
        ] {
            let error = check(name).unwrap_err();
            assert!(error.is_invalid_name());
            assert!(error.to_string().contains(fault), "{error}");
        }
    }
}
