//! The identity of the application.

/// Name and version, as reporters tell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    name: String,
    version: String,
}

impl Service {
    pub(crate) fn new(name: String, version: String) -> Self {
        Self { name, version }
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The service's version, empty if it was not given.
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl Default for Service {
    /// The name of the program, as OpenTelemetry does where none is given.
    fn default() -> Self {
        let program = std::env::args_os().next();
        let name = program
            .as_deref()
            .and_then(|path| std::path::Path::new(path).file_name())
            .map_or_else(|| "unknown_service".into(), |name| name.to_string_lossy().into_owned());
        Self::new(name, String::new())
    }
}
