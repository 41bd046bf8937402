//! A probe in the program itself, for images that have neither shell nor `curl`:
//! `HEALTHCHECK CMD ["/shop", "healthcheck"]`.
//!
//! It asks the program that runs in the same container, by the address that [`TELEMETRY_BIND`] gives
//! it, with the standard library alone: no runtime, no reporter and no logger starts. It takes a
//! millisecond or two, and never longer than its one deadline.
//!
//! ```no_run
//! // the first line of `main`
//! telemetry_runtime::healthcheck::run_if_requested();
//! ```
//!
//! | exit code | |
//! |---|---|
//! | 0 | 200 was answered |
//! | 1 | something else was answered, or nothing in time, or the arguments cannot be used |
//!
//! Docker reserves 2, so that there is no code of its own for arguments.
//!
//! [`TELEMETRY_BIND`]: crate::config

use std::ffi::OsString;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use crate::admin::BIND;
use crate::config::{Environment, Settings, Value as _};
use crate::http_probe::Url;

/// What `healthcheck --help` prints.
pub const HELP: &str = "\
usage: healthcheck [--ready | --startup] [--url URL] [--timeout TIME] [--quiet]

asks the program in this container how it is, and exits with 0 if all is well, else with 1

  --ready         whether it can serve, in place of whether it is alive
  --startup       whether it has started
  --url URL       asks this, in place of what TELEMETRY_BIND says: http://127.0.0.1:9568/health
  --timeout TIME  for all of it, as in 500ms or 2s (2s)
  --quiet         prints nothing
";

/// How long all of it may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// If the program's first argument is `healthcheck`, runs it and exits.
pub fn run_if_requested() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "healthcheck") {
        let is_healthy = probe(arguments, Environment::of_the_process());
        std::process::exit(i32::from(!is_healthy));
    }
}

/// Runs it with these arguments, those after the word `healthcheck`: for programs that read their
/// command line themselves.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let is_healthy = probe(arguments, Environment::of_the_process());
    if is_healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn probe(arguments: impl IntoIterator<Item = OsString>, environment: Environment) -> bool {
    let (is_healthy, is_quiet, line) = match Request::read(arguments, environment) {
        Ok(Request::Help) => (true, false, HELP.trim_end().to_owned()),
        Ok(Request::Ask { url, timeout, is_quiet }) => {
            let (is_healthy, line) = ask(&url, timeout);
            (is_healthy, is_quiet, line)
        }
        Err(error) => (false, false, format!("healthcheck: {error}")),
    };
    if !is_quiet {
        // Whoever reads it may have gone.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    is_healthy
}

/// One line for `docker inspect`.
fn ask(url: &Url, timeout: Duration) -> (bool, String) {
    match url.get(timeout) {
        Ok(answer) => (answer.status == 200, format!("{} {}", answer.status, answer.body.trim())),
        Err(error) => (false, format!("no answer from {url} within {timeout:?}: {error}")),
    }
}

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Help,
    Ask { url: Url, timeout: Duration, is_quiet: bool },
}

impl Request {
    /// # Errors
    /// What of the arguments or of the environment cannot be used.
    fn read(
        arguments: impl IntoIterator<Item = OsString>,
        environment: Environment,
    ) -> Result<Self, String> {
        let mut path = "/health";
        let (mut url, mut timeout, mut is_quiet) = (None, TIMEOUT, false);
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let argument = argument.to_string_lossy().into_owned();
            let (name, given) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&*argument, None),
            };
            let mut value = || {
                let next = || arguments.next().map(|next| next.to_string_lossy().into_owned());
                given.clone().or_else(next).ok_or_else(|| format!("{name} needs a value"))
            };
            match name {
                "--ready" => path = "/health/ready",
                "--startup" => path = "/health/startup",
                "--quiet" => is_quiet = true,
                "--help" | "-h" => return Ok(Self::Help),
                "--url" => {
                    let text = value()?;
                    let read = Url::read(&text);
                    url = Some(read.map_err(|why| format!("--url is {text:?}, {why}"))?);
                }
                "--timeout" => {
                    let text = value()?;
                    timeout = Duration::read(&text).map_err(|why| {
                        format!("--timeout is {text:?}, {why}; allowed is {}", Duration::ALLOWED)
                    })?;
                }
                _ => return Err(format!("there is no option {name:?}\n\n{HELP}")),
            }
        }
        let url = url.map_or_else(|| own(environment, path), Ok)?;
        Ok(Self::Ask { url, timeout, is_quiet })
    }
}

/// The address that the arguments ask for, without the environment; nothing where they ask for help.
///
/// # Errors
/// What of them cannot be used.
#[cfg(fuzzing)]
pub(crate) fn asked(arguments: Vec<OsString>) -> Result<Option<String>, String> {
    Ok(match Request::read(arguments, Environment::default())? {
        Request::Help => None,
        Request::Ask { url, .. } => Some(url.to_string()),
    })
}

/// Where the program of this container listens.
fn own(environment: Environment, path: &str) -> Result<Url, String> {
    let mut settings = Settings::new(environment);
    let bind = settings.read(&BIND, None);
    settings.finish(&[]).map_err(|error| error.to_string())?;
    let Some(address) = bind.address() else {
        return Err("TELEMETRY_BIND is `off`: give --url the address of the program's own".into());
    };
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    if address.port() == 0 {
        return Err("TELEMETRY_BIND has port 0, a free one that nobody else knows: set a port, or give --url".into());
    }
    Ok(Url::at(SocketAddr::new(ip, address.port()), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], bind: Option<&str>) -> Result<Request, String> {
        let variables = bind.map(|bind| ("TELEMETRY_BIND", bind));
        Request::read(arguments.iter().map(OsString::from), variables.into_iter().collect())
    }

    fn url(arguments: &[&str], bind: Option<&str>) -> String {
        match read(arguments, bind).unwrap() {
            Request::Ask { url, .. } => url.to_string(),
            Request::Help => panic!("help"),
        }
    }

    #[test]
    fn it_asks_where_the_program_listens() {
        assert_eq!(url(&[], None), "http://127.0.0.1:9568/health");
        assert_eq!(url(&["--ready"], Some("0.0.0.0:7")), "http://127.0.0.1:7/health/ready");
        assert_eq!(url(&["--startup"], Some("[::]:7")), "http://[::1]:7/health/startup");
        assert_eq!(url(&[], Some("10.1.2.3:7")), "http://10.1.2.3:7/health");
        assert_eq!(url(&["--url", "http://a:1/x"], Some("off")), "http://a:1/x");
        assert_eq!(url(&["--url=http://a:1/x?y=z"], None), "http://a:1/x?y=z");
    }

    #[test]
    fn what_cannot_be_used_is_named_with_the_fix() {
        for (arguments, bind, words) in [
            (&["--redy"][..], None, "--redy"),
            (&["--url"], None, "--url needs a value"),
            (&["--url", "ftp://x"], None, "http://"),
            (&["--timeout", "2sec"], None, "250ms or 10s"),
            (&[], Some("nonsense"), "TELEMETRY_BIND"),
            (&[], Some("off"), "--url"),
            (&[], Some("127.0.0.1:0"), "port 0"),
        ] {
            let error = read(arguments, bind).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_does_not_answer_is_not_healthy() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("--url=http://{closed}/health");
        let none: [(&str, &str); 0] = [];
        assert!(!probe([url.into(), "--quiet".into()], none.into_iter().collect()));
    }
}
