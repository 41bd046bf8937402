//! The configuration, read from the environment once, at start.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variable that names the address to listen on.
pub(crate) const ADDRESS: &str = "SHOP_ADDR";
/// The variable that names the database.
pub(crate) const DATABASE: &str = "SHOP_DATABASE";
/// The variable that sets the share of charges that fail.
pub(crate) const GATEWAY_FAILURES: &str = "SHOP_GATEWAY_FAILURES";
/// The variable that sets how long the gateway takes.
pub(crate) const GATEWAY_DELAY: &str = "SHOP_GATEWAY_DELAY_MS";

/// The variable that names what else the shop looks at.
pub(crate) const WATCH: &str = "SHOP_WATCH";

/// The longest delay that makes sense, in milliseconds.
const LONGEST_DELAY: u64 = 60_000;

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// Where to listen; port 0 takes any free port.
    pub(crate) address: SocketAddr,
    /// Where the data is.
    pub(crate) database: Database,
    /// The share of charges that fail, from 0 to 1.
    pub(crate) gateway_failures: f64,
    /// The typical time that one call to the gateway takes.
    pub(crate) gateway_delay: Duration,
    /// What else the shop looks at: it serves without.
    pub(crate) watch: Vec<Watched>,
}

/// Something that the shop looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watched {
    /// What the check is called.
    pub(crate) name: String,
    /// How it is looked at.
    pub(crate) place: Place,
}

/// How something is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A host and a port that accept connections.
    Tcp(String),
    /// A page that is answered with 200.
    Http(String),
}

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// In memory, gone when the shop stops.
    Memory,
    /// In a file, which is made if it does not exist.
    File(PathBuf),
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// The first variable with a value that is not of the allowed form.
    pub(crate) fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        Ok(Self {
            address: parse(
                &variable,
                ADDRESS,
                "127.0.0.1:4000",
                "an IP address and a port, such as 127.0.0.1:4000 (port 0: any free port)",
                |text| text.parse().ok(),
            )?,
            database: parse(
                &variable,
                DATABASE,
                ":memory:",
                ":memory: or the path of a file in a folder that exists",
                Database::parse,
            )?,
            gateway_failures: parse(
                &variable,
                GATEWAY_FAILURES,
                "0.05",
                "a number from 0 to 1",
                |text| text.parse().ok().filter(|share| (0.0..=1.0).contains(share)),
            )?,
            gateway_delay: parse(
                &variable,
                GATEWAY_DELAY,
                "20",
                "a whole number of milliseconds from 0 to 60000",
                |text| {
                    let milliseconds = text.parse().ok()?;
                    (milliseconds <= LONGEST_DELAY).then(|| Duration::from_millis(milliseconds))
                },
            )?,
            watch: parse(
                &variable,
                WATCH,
                "",
                "names and places between commas, such as cache=tcp://redis:6379,mail=http://mail/health",
                |text| text.split(',').filter(|one| !one.is_empty()).map(Watched::parse).collect(),
            )?,
        })
    }
}

impl Watched {
    fn parse(text: &str) -> Option<Self> {
        let (name, place) = text.split_once('=')?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let place = match place.strip_prefix("tcp://") {
            Some(address) => {
                let (host, port) = address.rsplit_once(':')?;
                port.parse::<u16>().ok().filter(|_| !host.is_empty())?;
                Place::Tcp(address.to_owned())
            }
            None if place.starts_with("http://") => Place::Http(place.to_owned()),
            None => return None,
        };
        let is_name = !name.is_empty() && name.chars().all(is_plain);
        is_name.then(|| Self { name: name.to_owned(), place })
    }
}

impl Database {
    fn parse(text: &str) -> Option<Self> {
        if text == ":memory:" {
            return Some(Self::Memory);
        }
        // `file:` would be read as a URI, with a meaning of its own
        if text.is_empty() || text.contains('\0') || text.starts_with("file:") {
            return None;
        }
        let path = Path::new(text);
        let folder = match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Some(folder) => folder,
            None => return None,
        };
        (folder.is_dir() && !path.is_dir()).then(|| Self::File(path.to_owned()))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str(":memory:"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

fn parse<T>(
    variable: impl Fn(&str) -> Option<OsString>,
    name: &'static str,
    default: &str,
    allowed: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, ConfigError> {
    let value = variable(name).unwrap_or_else(|| default.into());
    value.to_str().and_then(parse).ok_or(ConfigError { name, value, allowed })
}

/// A variable with a value that cannot be used.
#[derive(Debug)]
pub(crate) struct ConfigError {
    name: &'static str,
    value: OsString,
    allowed: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, allowed } = self;
        let value = value.to_string_lossy();
        write!(f, "{name} is {value:?}; use {allowed}")
    }
}

impl Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::from_variables(|asked| (asked == name).then(|| value.into()))
    }

    #[test]
    fn an_empty_environment_is_a_shop_in_memory_on_port_4000() {
        let config = Config::from_variables(|_| None).unwrap();
        assert_eq!(config.address.to_string(), "127.0.0.1:4000");
        assert_eq!(config.database, Database::Memory);
        assert_eq!(config.gateway_delay, Duration::from_millis(20));
        assert!((config.gateway_failures - 0.05).abs() < f64::EPSILON);
    }

    #[test]
    fn every_variable_is_read() {
        assert_eq!(with(ADDRESS, "[::1]:0").unwrap().address.port(), 0);
        assert_eq!(with(DATABASE, "shop.db").unwrap().database, Database::File("shop.db".into()));
        assert!(with(GATEWAY_FAILURES, "1").unwrap().gateway_failures >= 1.0);
        assert!(with(GATEWAY_DELAY, "0").unwrap().gateway_delay.is_zero());
        let watch = with(WATCH, "a=tcp://[::1]:1,b=http://c/d").unwrap().watch;
        let places: Vec<&Place> = watch.iter().map(|watched| &watched.place).collect();
        assert_eq!(places, [&Place::Tcp("[::1]:1".into()), &Place::Http("http://c/d".into())]);
    }

    #[test]
    fn a_bad_value_is_named_with_its_variable_and_the_allowed_form() {
        let cases = [
            (ADDRESS, "localhost", "127.0.0.1:4000"),
            (ADDRESS, "127.0.0.1:70000", "a port"),
            (ADDRESS, "", "an IP address"),
            (DATABASE, "", ":memory:"),
            (DATABASE, "/", "path of a file"),
            (DATABASE, "/no/such/folder/shop.db", "a folder that exists"),
            (DATABASE, "file:shop?mode=memory", ":memory:"),
            (GATEWAY_FAILURES, "1.1", "from 0 to 1"),
            (GATEWAY_FAILURES, "-0.1", "from 0 to 1"),
            (GATEWAY_FAILURES, "NaN", "from 0 to 1"),
            (GATEWAY_FAILURES, "5%", "from 0 to 1"),
            (GATEWAY_DELAY, "-1", "milliseconds"),
            (GATEWAY_DELAY, "20ms", "milliseconds"),
            (GATEWAY_DELAY, "60001", "60000"),
            (WATCH, "redis:6379", "names and places"),
            (WATCH, "a=tcp://redis", "tcp://redis:6379"),
            (WATCH, "a b=tcp://c:1", "names and places"),
            (WATCH, "=http://c", "names and places"),
        ];
        for (name, value, allowed) in cases {
            let text = with(name, value).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{name} is {value:?}; use ")), "{text}");
            assert!(text.contains(allowed), "{text}");
        }
    }
}
