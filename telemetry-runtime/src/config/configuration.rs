//! What came of the environment, the builder and the defaults.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

/// What the runtime was configured with. Its `Display` is a table for humans: variable, value and
/// origin, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    pub(super) settings: Vec<Setting>,
}

/// One variable, with the value that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    name: &'static str,
    /// `None` for that of a secret.
    value: Option<String>,
    origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The program.
    Builder,
    /// The variable.
    Environment,
    /// A file, which the variable `NAME_FILE` names.
    File(PathBuf),
}

impl Configuration {
    /// All variables that were read, by name.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }
}

impl Setting {
    pub(super) fn new(name: &'static str, value: Option<String>, origin: Origin) -> Self {
        Self { name, value, origin }
    }

    /// The variable that says it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value: empty where there is none, and `(secret)` for one that is not shown.
    pub fn value(&self) -> &str {
        self.value.as_deref().unwrap_or("(secret)")
    }

    /// Where the value comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Builder => f.write_str("builder"),
            Self::Environment => f.write_str("environment"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEAD: [Cow<'static, str>; 3] =
            [Cow::Borrowed("variable"), Cow::Borrowed("value"), Cow::Borrowed("origin")];
        let rows = self.settings.iter().map(|setting| {
            // A value's own line breaks would break the table.
            let value = setting.value().replace(char::is_control, " ");
            let value = if value.is_empty() { "-".into() } else { value };
            [setting.name.into(), value.into(), setting.origin.to_string().into()]
        });
        let rows: Vec<[Cow<'_, str>; 3]> = std::iter::once(HEAD).chain(rows).collect();
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let (name_width, value_width) = (width(0), width(1));
        for [name, value, origin] in &rows {
            writeln!(f, "{name:name_width$}  {value:value_width$}  {origin}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_and_no_secret() {
        let file = Origin::File("/run/secrets/token".into());
        let configuration = Configuration {
            settings: vec![
                Setting::new("OTEL_SERVICE_NAME", Some("my\nshop".into()), Origin::Builder),
                Setting::new("TELEMETRY_BIND", Some("off".into()), Origin::Environment),
                Setting::new("TELEMETRY_TOKEN", None, file),
                Setting::new("TELEMETRY_NAME", Some(String::new()), Origin::Default),
            ],
        };
        let table = "\
variable           value     origin
OTEL_SERVICE_NAME  my shop   builder
TELEMETRY_BIND     off       environment
TELEMETRY_TOKEN    (secret)  file /run/secrets/token
TELEMETRY_NAME     -         default
";
        assert_eq!(configuration.to_string(), table);
    }
}
