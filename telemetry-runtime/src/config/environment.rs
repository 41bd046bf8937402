//! The environment, and the files that it names.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How large a file with a secret may be, in bytes: more is no secret, and may have no end.
const LARGEST_FILE: u64 = 65_536;

/// What the variables were at one moment; by default there are none.
#[derive(Default)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

/// The text of a variable.
#[derive(Debug, PartialEq)]
pub(super) struct Text {
    pub(super) text: String,
    /// Where it stands, if that is not the environment itself.
    pub(super) file: Option<PathBuf>,
}

impl Environment {
    /// That of this process.
    pub(crate) fn of_the_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The names of all variables that are set, though it be to nothing.
    pub(super) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.variables.keys().map(OsString::as_os_str)
    }

    /// A variable's value. An empty one is as if it were not set.
    fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name));
        value.map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// # Errors
    /// What is wrong with the value, the name of the variable included.
    pub(super) fn text(&self, name: &str) -> Result<Option<Text>, String> {
        let Some(value) = self.variable(name) else { return Ok(None) };
        match value.to_str() {
            Some(text) => Ok(Some(Text { text: text.into(), file: None })),
            None => Err(format!("{name} is {:?}, which is not UTF-8", value.to_string_lossy())),
        }
    }

    /// That of a secret: in the variable, or in the file that `NAME_FILE` names, without the end of
    /// its line.
    ///
    /// # Errors
    /// What is wrong, the name of the variable included and the secret not.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Text>, String> {
        let file_name = file_variable(name);
        match (self.variable(name), self.variable(&file_name)) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                Err(format!("{name} and {file_name} are both set; set one of them"))
            }
            (Some(value), None) => match value.to_str() {
                Some(text) => Ok(Some(Text { text: text.into(), file: None })),
                None => Err(format!("{name} is not UTF-8")),
            },
            (None, Some(path)) => {
                let fault = |why| {
                    let path = path.to_string_lossy();
                    format!(
                        "{file_name} is {path:?}, {why}; allowed is the path of a file with the value in it"
                    )
                };
                read(Path::new(path)).map_err(fault).map(Some)
            }
        }
    }
}

/// The variable that names the file with a secret.
pub(super) fn file_variable(name: &str) -> String {
    format!("{name}_FILE")
}

/// # Errors
/// Why there is no text in the file.
fn read(path: &Path) -> Result<Text, String> {
    let unreadable = |error| format!("which cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(format!("which is longer than {LARGEST_FILE} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "which is not UTF-8")?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err("which is empty".into());
    }
    Ok(Text { text: line.into(), file: Some(path.into()) })
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pairs = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: pairs.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret_in(contents: &[u8]) -> Result<Option<Text>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, contents).unwrap();
        let environment: Environment = [("T_FILE", path.as_os_str())].into_iter().collect();
        let read = environment.secret("T");
        read.inspect(|text| assert_eq!(text.as_ref().unwrap().file.as_ref(), Some(&path)))
    }

    #[test]
    fn a_secret_is_the_file_without_the_end_of_its_line() {
        for (contents, secret) in [
            ("sesame", "sesame"),
            ("sesame\n", "sesame"),
            ("sesame\r\n", "sesame"),
            ("two\nlines\n\n", "two\nlines\n"),
            (" spaces \n", " spaces "),
        ] {
            assert_eq!(secret_in(contents.as_bytes()).unwrap().unwrap().text, secret);
        }
    }

    #[test]
    fn a_file_that_has_no_secret_is_named_with_the_reason() {
        for (contents, why) in [
            (&b"\n"[..], "which is empty"),
            (b"", "which is empty"),
            (b"\xff\xfe", "which is not UTF-8"),
            (&vec![b'a'; 65_537], "which is longer than 65536 bytes"),
        ] {
            let error = secret_in(contents).unwrap_err();
            assert!(error.starts_with("T_FILE is \"/") && error.contains(why), "{error}");
        }
        let nowhere: Environment = [("T_FILE", "/nowhere/at/all")].into_iter().collect();
        let error = nowhere.secret("T").unwrap_err();
        assert!(
            error.starts_with("T_FILE is \"/nowhere/at/all\", which cannot be read: "),
            "{error}"
        );
    }

    #[test]
    fn a_secret_that_is_told_twice_is_an_error() {
        let both: Environment = [("T", "sesame"), ("T_FILE", "/x")].into_iter().collect();
        let error = both.secret("T").unwrap_err();
        assert_eq!(error, "T and T_FILE are both set; set one of them");
        let one: Environment = [("T", "sesame"), ("T_FILE", "")].into_iter().collect();
        assert_eq!(one.secret("T").unwrap().unwrap().text, "sesame");
    }

    #[test]
    fn only_secrets_are_read_from_files_and_nothing_is_like_unset() {
        let environment: Environment = [("A_FILE", "/nowhere"), ("B", "")].into_iter().collect();
        assert_eq!(environment.text("A"), Ok(None));
        assert_eq!(environment.text("B"), Ok(None));
    }

    #[test]
    #[cfg(unix)]
    fn text_that_is_not_utf8_is_an_error_and_a_secret_is_not_shown() {
        use std::os::unix::ffi::OsStrExt as _;
        let odd = OsStr::from_bytes(b"ses\xffame");
        let environment: Environment = [("A", odd)].into_iter().collect();
        assert_eq!(
            environment.text("A").unwrap_err(),
            "A is \"ses\u{fffd}ame\", which is not UTF-8"
        );
        assert_eq!(environment.secret("A").unwrap_err(), "A is not UTF-8");
    }
}
