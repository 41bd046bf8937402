//! Reads the variables, and gathers what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;

use super::configuration::{Configuration, Origin, Setting};
use super::environment::{Environment, Text, file_variable};
use super::value::Value;
use super::variable::{AnyVariable, Variable};
use crate::error::Error;
use crate::names;

/// The beginning of all names that are not OpenTelemetry's.
const PREFIX: &str = "TELEMETRY_";

/// Reads variables, and gathers what is wrong with them: nothing starts then, and all of it is told.
pub struct Settings {
    environment: Environment,
    read: Vec<Setting>,
    /// Whether each name that was read is a secret's.
    names: BTreeMap<&'static str, bool>,
    faults: Vec<String>,
}

impl Settings {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment, read: Vec::new(), names: BTreeMap::new(), faults: Vec::new() }
    }

    /// The value that holds: that of the environment, else what the builder was `given`, else the
    /// default. Where that of the environment cannot be used the fault is noted, and what is returned
    /// is of no account.
    pub fn read<V: Value>(&mut self, variable: &Variable<V>, given: Option<V>) -> V {
        self.read_or(variable, || given.map(|value| (value, Origin::Builder)))
    }

    /// As [`read`](Self::read), where the builder was given a text, which is read in the same way.
    /// `setter` says in the error what it was given to: ``the address given to `.admin(…)` ``.
    pub fn read_or_text<V: Value>(
        &mut self,
        variable: &Variable<V>,
        setter: &str,
        text: Option<&str>,
    ) -> V {
        let mut fault = None;
        let value = self.read_or(variable, || {
            let text = text?;
            let read = variable.read(text).map_err(|why| {
                let allowed = variable.allowed();
                fault = Some(format!("{setter} is {text:?}, {why}; allowed is {allowed}"));
            });
            read.ok().map(|value| (value, Origin::Builder))
        });
        if let Some(fault) = fault {
            self.refuse(fault);
        }
        value
    }

    /// As [`read`](Self::read), where something else than the builder may stand behind the variable.
    pub(crate) fn read_or<V: Value>(
        &mut self,
        variable: &Variable<V>,
        otherwise: impl FnOnce() -> Option<(V, Origin)>,
    ) -> V {
        let found = match self.find(variable) {
            Ok(Some(found)) => Some(found),
            Ok(None) => otherwise(),
            Err(fault) => {
                self.refuse(fault);
                None
            }
        };
        let (value, origin) = found.unwrap_or_else(|| (variable.default_value(), Origin::Default));
        let is_hidden = variable.is_secret() && !value.show().is_empty();
        let shown = (!is_hidden).then(|| value.show());
        self.names.insert(variable.name(), variable.is_secret());
        let setting = Setting::new(variable.name(), shown, origin);
        // Two reporters of one kind read the same.
        if !self.read.contains(&setting) {
            self.read.push(setting);
        }
        value
    }

    /// What the environment says.
    ///
    /// # Errors
    /// What is wrong with it.
    fn find<V: Value>(&self, variable: &Variable<V>) -> Result<Option<(V, Origin)>, String> {
        let name = variable.name();
        let found = if variable.is_secret() {
            self.environment.secret(name)?
        } else {
            self.environment.text(name)?
        };
        let Some(Text { text, file }) = found else { return Ok(None) };
        let origin = file.map_or(Origin::Environment, Origin::File);
        match variable.read(&text) {
            Ok(value) => Ok(Some((value, origin))),
            Err(why) => Err(if variable.is_secret() {
                // Why may say what.
                let allowed = variable.allowed();
                format!("{name}, from the {origin}, cannot be used; allowed is {allowed}")
            } else {
                format!("{name} is {text:?}, {why}; allowed is {}", variable.allowed())
            }),
        }
    }

    /// Notes what else is wrong, such as values that exclude each other: one sentence that names them
    /// and says what is allowed. What was noted before is not noted again.
    pub fn refuse(&mut self, fault: impl Into<String>) {
        let fault = fault.into();
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// What was read, and a warning for each name that nothing reads. `known` are the variables that
    /// would be read by something that the program does not have.
    ///
    /// # Errors
    /// Where a value could not be used: all of them are named.
    pub(crate) fn finish(
        mut self,
        known: &[&dyn AnyVariable],
    ) -> Result<(Configuration, Vec<String>), Error> {
        if let [first, rest @ ..] = &self.faults[..] {
            return Err(Error::configuration(if rest.is_empty() {
                first.clone()
            } else {
                let count = self.faults.len();
                format!("{count} values cannot be used:\n  {}", self.faults.join("\n  "))
            }));
        }
        self.names.extend(known.iter().map(|known| (known.name(), known.is_secret())));
        let warnings = self.unknown();
        self.read.sort_by_key(Setting::name);
        Ok((Configuration { settings: self.read }, warnings))
    }

    fn unknown(&self) -> Vec<String> {
        let secrets = self.names.iter().filter(|(_, is_secret)| **is_secret);
        let files: Vec<String> = secrets.map(|(name, _)| file_variable(name)).collect();
        let known = self.names.keys().copied().chain(files.iter().map(String::as_str));
        let known: Vec<&str> = known.filter_map(|name| name.strip_prefix(PREFIX)).collect();
        let mut warnings = Vec::new();
        for name in self.environment.names().map(|name| name.to_string_lossy()) {
            let Some(own) = name.strip_prefix(PREFIX) else { continue };
            if known.contains(&own) {
                continue;
            }
            let named = own.strip_suffix("_FILE").filter(|named| known.contains(named));
            warnings.push(if let Some(named) = named {
                format!("{name} is set, but only secrets are read from files; set {PREFIX}{named}")
            } else {
                let meant = names::nearest(own, &known);
                let meant = meant.map(|near| format!("; did you mean {PREFIX}{near}?"));
                format!("{name} is set, but nothing reads it{}", meant.unwrap_or_default())
            });
        }
        warnings
    }
}

/// Without the environment, in which secrets may be.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { environment: _, read, names: _, faults } = self;
        f.debug_struct("Settings")
            .field("read", read)
            .field("faults", faults)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static DEPTH: Variable<usize> =
        Variable::new("TELEMETRY_DEPTH", || 10, "How deep.").within(|| 1..=100);
    static SWITCH: Variable<bool> = Variable::new("OTEL_SWITCH", || false, "Whether.");
    static TOKEN: Variable<Option<u64>> =
        Variable::new("TELEMETRY_TOKEN", || None, "A secret.").secret();

    fn settings(variables: &[(&str, &str)]) -> Settings {
        Settings::new(variables.iter().copied().collect())
    }

    fn warnings(variables: &[(&str, &str)]) -> Vec<String> {
        settings(variables).finish(&[&DEPTH, &SWITCH, &TOKEN]).unwrap().1
    }

    #[test]
    fn the_environment_wins_over_the_builder_and_that_over_the_default() {
        for (variables, given, value, origin) in [
            (&[][..], None, 10, Origin::Default),
            (&[], Some(20), 20, Origin::Builder),
            (&[("TELEMETRY_DEPTH", "")], Some(20), 20, Origin::Builder),
            (&[("TELEMETRY_DEPTH", "30")], Some(20), 30, Origin::Environment),
            (&[("TELEMETRY_DEPTH", "30")], None, 30, Origin::Environment),
        ] {
            let mut settings = settings(variables);
            assert_eq!(settings.read(&DEPTH, given), value);
            assert_eq!(settings.read(&DEPTH, given), value, "again, as a second one like it");
            let (configuration, _) = settings.finish(&[]).unwrap();
            let expected = Setting::new("TELEMETRY_DEPTH", Some(value.to_string()), origin);
            assert_eq!(configuration.settings(), [expected]);
        }
    }

    #[test]
    fn every_bad_value_is_named_with_what_is_allowed_and_all_are_told_at_once() {
        let mut settings = settings(&[
            ("TELEMETRY_DEPTH", "101"),
            ("OTEL_SWITCH", "perhaps"),
            ("TELEMETRY_TOKEN", "sesame"),
        ]);
        settings.read(&DEPTH, Some(1));
        settings.read(&SWITCH, None);
        settings.read(&TOKEN, None);
        settings.read(&TOKEN, None);
        settings.read_or_text(&DEPTH, "the depth", Some("no matter: the environment is read"));
        settings.refuse("a depth and a switch exclude each other; give one of them");
        let error = settings.finish(&[]).unwrap_err();
        assert!(error.is_configuration());
        assert_eq!(
            error.to_string(),
            "4 values cannot be used:
  TELEMETRY_DEPTH is \"101\", which is outside of what is allowed; allowed is a whole number, from 1 to 100
  OTEL_SWITCH is \"perhaps\", which is neither; allowed is `true` or `false`
  TELEMETRY_TOKEN, from the environment, cannot be used; allowed is a whole number
  a depth and a switch exclude each other; give one of them"
        );
    }

    #[test]
    fn what_the_builder_was_told_is_read_unless_the_environment_says_something() {
        let mut unset = settings(&[]);
        assert_eq!(unset.read_or_text(&DEPTH, "`.depth(…)`", Some("7")), 7);
        unset.read_or_text(&DEPTH, "`.depth(…)`", Some("deep"));
        let error = unset.finish(&[]).unwrap_err().to_string();
        assert!(
            error.starts_with("`.depth(…)` is \"deep\", which is not a whole number"),
            "{error}"
        );

        let mut set = settings(&[("TELEMETRY_DEPTH", "3")]);
        assert_eq!(set.read_or_text(&DEPTH, "`.depth(…)`", Some("deep")), 3);
        set.finish(&[]).unwrap();
    }

    #[test]
    fn secrets_are_not_shown_but_that_there_is_none_is() {
        let mut told = settings(&[("TELEMETRY_TOKEN", "12345")]);
        assert_eq!(told.read(&TOKEN, None), Some(12_345));
        assert!(!format!("{told:?}").contains("12345"));
        let (configuration, _) = told.finish(&[]).unwrap();
        assert_eq!(configuration.settings()[0].value(), "(secret)");
        assert!(!format!("{configuration:?}{configuration}").contains("12345"));

        let mut untold = settings(&[]);
        untold.read(&TOKEN, None);
        assert_eq!(untold.finish(&[]).unwrap().0.settings()[0].value(), "");
    }

    #[test]
    fn a_name_that_nothing_reads_is_a_warning_with_the_one_that_was_meant() {
        assert_eq!(
            warnings(&[
                ("TELEMETRY_DEPHT", "secret words"),
                ("TELEMETRY_TOKEN_FIEL", "1"),
                ("TELEMETRY_UNHEARD_OF", "1"),
                ("TELEMETRY_DEPTH_FILE", "1"),
                ("OTEL_UNKNOWN", "1"),
                ("telemetry_depth", "1"),
            ]),
            [
                "TELEMETRY_DEPHT is set, but nothing reads it; did you mean TELEMETRY_DEPTH?",
                "TELEMETRY_DEPTH_FILE is set, but only secrets are read from files; set TELEMETRY_DEPTH",
                "TELEMETRY_TOKEN_FIEL is set, but nothing reads it; did you mean TELEMETRY_TOKEN_FILE?",
                "TELEMETRY_UNHEARD_OF is set, but nothing reads it",
            ]
        );
        let known = [("TELEMETRY_DEPTH", "1"), ("TELEMETRY_TOKEN_FILE", "/x")];
        assert!(warnings(&known).is_empty());
    }
}
