//! The identity of the application.

mod attributes;

pub(crate) use self::attributes::Attributes;
use crate::config::{Origin, Settings, Variable};

/// The service's name.
pub(crate) static NAME: Variable<Option<String>> = Variable::new(
    "OTEL_SERVICE_NAME",
    || None,
    "The service's name; wins over `service.name` in OTEL_RESOURCE_ATTRIBUTES.",
)
.described("the name of the program's file");

/// What else is known of the service.
pub(crate) static ATTRIBUTES: Variable<Attributes> = Variable::new(
    "OTEL_RESOURCE_ATTRIBUTES",
    Attributes::default,
    "Attributes of the service, such as service.version and deployment.environment.name; each wins over the builder's.",
);

/// The attribute that is the service's name.
pub(crate) const NAME_KEY: &str = "service.name";
/// The attribute that is its version.
pub(crate) const VERSION_KEY: &str = "service.version";

/// Name, version and other attributes, as reporters tell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    name: String,
    version: String,
    attributes: Attributes,
}

impl Service {
    /// `given` are the attributes that the builder has, name and version among them.
    pub(crate) fn configured(settings: &mut Settings, given: &Attributes) -> Self {
        let (mut attributes, mut name) = (given.clone(), given.of(NAME_KEY).map(str::to_owned));
        attributes.remove(NAME_KEY);
        let shown = (attributes != Attributes::default()).then(|| attributes.clone());
        let mut name_origin = Origin::Builder;
        for (key, value) in settings.read(&ATTRIBUTES, shown).iter() {
            if key == NAME_KEY {
                name = Some(value.into());
                name_origin = Origin::Environment;
            } else {
                attributes.set(key.into(), value.into());
            }
        }
        let name = settings.read_or(&NAME, || name.map(|name| (Some(name), name_origin)));
        let version = attributes.remove(VERSION_KEY).unwrap_or_default();
        Self { name: name.unwrap_or_else(program), version, attributes }
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The service's version, empty if it was not given.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What else is known of it: OpenTelemetry's resource attributes, each key once.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter()
    }
}

/// The name of the program's file.
fn program() -> String {
    let program = std::env::args_os().next();
    program
        .as_deref()
        .and_then(|path| std::path::Path::new(path).file_name())
        .map_or_else(|| "unknown_service".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(variables: &[(&str, &str)], given: &[(&str, &str)]) -> (Service, Vec<String>) {
        let mut settings = Settings::new(variables.iter().copied().collect());
        let mut attributes = Attributes::default();
        for (key, value) in given {
            attributes.set((*key).into(), (*value).into());
        }
        let service = Service::configured(&mut settings, &attributes);
        let (configuration, _) = settings.finish(&[]).unwrap();
        let rows = configuration.settings().iter();
        let rows = rows.map(|row| format!("{}={} {}", row.name(), row.value(), row.origin()));
        (service, rows.collect())
    }

    #[test]
    fn attributes_of_the_environment_win_and_the_variable_of_the_name_wins_over_them() {
        let given = [("service.name", "shop"), ("service.version", "1"), ("team", "a")];
        let (service, rows) = service(&[], &given);
        assert_eq!((service.name(), service.version()), ("shop", "1"));
        assert_eq!(service.attributes().collect::<Vec<_>>(), [("team", "a")]);
        assert_eq!(
            rows,
            [
                "OTEL_RESOURCE_ATTRIBUTES=service.version=1,team=a builder",
                "OTEL_SERVICE_NAME=shop builder"
            ]
        );

        let text = "service.name=store,service.version=2,zone=b";
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", text);
        let (service, rows) = self::service(&[attributes], &given);
        assert_eq!((service.name(), service.version()), ("store", "2"));
        assert_eq!(service.attributes().collect::<Vec<_>>(), [("team", "a"), ("zone", "b")]);
        assert_eq!(rows[1], "OTEL_SERVICE_NAME=store environment");

        let (service, _) = self::service(&[attributes, ("OTEL_SERVICE_NAME", "desk")], &given);
        assert_eq!((service.name(), service.version()), ("desk", "2"));
    }

    #[test]
    fn a_service_without_a_name_has_the_programs() {
        let (service, rows) = service(&[], &[]);
        let program = std::env::current_exe().unwrap();
        assert_eq!(service.name(), program.file_name().unwrap().to_str().unwrap());
        assert_eq!((service.version(), service.attributes().count()), ("", 0));
        assert_eq!(rows[1], "OTEL_SERVICE_NAME= default");
    }
}
