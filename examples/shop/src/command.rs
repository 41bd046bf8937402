//! The command line.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::num::NonZeroU32;

use lexopt::prelude::*;

use crate::load::{Load, Target};

/// What `shop help` prints, and what follows an error in the arguments.
pub(crate) const HELP: &str = "\
usage: shop [serve]
       shop load --rate N --seconds N [--url http://127.0.0.1:4000]
       shop healthcheck [--ready] [--url URL] [--timeout TIME] [--quiet]
       shop help

serve   serves the shop until SIGINT or SIGTERM
load    sends N requests per second to a shop on this machine, then prints a table
healthcheck   asks the shop in this container how it is: exits with 0 if all is well, else with 1

  GET  /products             the products
  GET  /products/{id}        one product
  POST /orders               {\"product_id\": 1, \"quantity\": 2, \"user_id\": 7}
  GET  /orders/{id}          one order
  POST /orders/{id}/pay      charges the order, once
  GET  /health, /health/ready   whether the shop is alive, and can serve

variables of serve:
  SHOP_ADDR                  address and port to listen on (127.0.0.1:4000; port 0: any free port)
  SHOP_DATABASE              a file, or :memory: (:memory:)
  SHOP_GATEWAY_FAILURES      share of charges that fail, 0 to 1 (0.05)
  SHOP_GATEWAY_DELAY_MS      typical time of one call to the gateway, one in fifty takes ten times
                             as long; 0: none; from 250 on, slow calls time out (20)
  SHOP_WATCH                 what else the shop looks at, and serves without, such as cache=tcp://redis:6379
  TELEMETRY_BIND             address of /metrics and /health (127.0.0.1:9568); docs/configuration.md has more
";

/// The longest load that can be asked for: a day.
const MOST_SECONDS: u32 = 86_400;

/// The highest rate that can be asked for, in requests per second.
const HIGHEST_RATE: u32 = 100_000;

/// What the arguments ask for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Serve the shop.
    Serve,
    /// Drive a running shop.
    Load(Load),
    /// Print the help.
    Help,
}

impl Command {
    /// Reads the arguments, without the program's name.
    ///
    /// # Errors
    ///
    /// Anything that is not in [`HELP`].
    pub(crate) fn from_arguments(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, UsageError> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let Some(first) = parser.next()? else {
            return Ok(Self::Serve);
        };
        let command = match first {
            Value(name) if name == "serve" => Self::Serve,
            Value(name) if name == "load" => return load(&mut parser),
            Value(name) if name == "help" => Self::Help,
            Short('h') | Long("help") => Self::Help,
            Value(name) => {
                let name = name.to_string_lossy();
                return Err(UsageError(format!(
                    "there is no command `{name}`; use serve, load, healthcheck or help"
                )));
            }
            other => return Err(other.unexpected().into()),
        };
        match parser.next()? {
            None => Ok(command),
            Some(Short('h') | Long("help")) => Ok(Self::Help),
            Some(other) => Err(other.unexpected().into()),
        }
    }
}

fn load(parser: &mut lexopt::Parser) -> Result<Command, UsageError> {
    let mut rate = None;
    let mut seconds = None;
    let mut target = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("rate") => rate = Some(number("--rate", &parser.value()?, HIGHEST_RATE)?),
            Long("seconds") => seconds = Some(number("--seconds", &parser.value()?, MOST_SECONDS)?),
            Long("url") => {
                let url = parser.value()?.string()?;
                target = Some(url.parse().map_err(UsageError)?);
            }
            Short('h') | Long("help") => return Ok(Command::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    let (Some(rate), Some(seconds)) = (rate, seconds) else {
        return Err(UsageError("load needs both --rate and --seconds".to_owned()));
    };
    let target = target.unwrap_or_else(Target::standard);
    Ok(Command::Load(Load { rate, seconds, target }))
}

fn number(option: &str, value: &OsStr, highest: u32) -> Result<NonZeroU32, UsageError> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.filter(|number: &NonZeroU32| number.get() <= highest).ok_or_else(|| {
        let value = value.to_string_lossy();
        UsageError(format!("{option} is {value:?}; use a whole number from 1 to {highest}"))
    })
}

/// Arguments that make no command.
#[derive(Debug)]
pub(crate) struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, UsageError> {
        Command::from_arguments(line.split_whitespace().map(OsString::from))
    }

    fn complaint(line: &str) -> String {
        parse(line).unwrap_err().to_string()
    }

    #[test]
    fn no_arguments_serve() {
        assert!(matches!(parse(""), Ok(Command::Serve)));
        assert!(matches!(parse("serve"), Ok(Command::Serve)));
    }

    #[test]
    fn help_is_found_wherever_it_is_asked_for() {
        for line in ["help", "--help", "-h", "serve --help", "load --rate 5 -h"] {
            assert!(matches!(parse(line), Ok(Command::Help)), "{line}");
        }
    }

    #[test]
    fn load_takes_rate_seconds_and_url() {
        let Ok(Command::Load(load)) =
            parse("load --rate 50 --seconds=3 --url http://127.0.0.1:5000")
        else {
            panic!("not a load");
        };
        assert_eq!((load.rate.get(), load.seconds.get()), (50, 3));
        assert_eq!(load.target.to_string(), "http://127.0.0.1:5000");
    }

    #[test]
    fn unknown_arguments_are_named() {
        assert!(complaint("fly").contains("`fly`"));
        assert!(complaint("serve now").contains("now"));
        assert!(complaint("--fast").contains("--fast"));
        assert!(complaint("load --rate 5 --speed 6").contains("--speed"));
    }

    #[test]
    fn load_without_its_numbers_says_what_is_missing() {
        assert!(complaint("load --rate 5").contains("--seconds"));
        for bad in ["0", "-1", "ten", "100001", "1.5"] {
            let text = complaint(&format!("load --rate={bad} --seconds 1"));
            assert!(text.contains("--rate") && text.contains(bad), "{text}");
        }
        assert!(complaint("load --seconds 86401 --rate 1").contains("86400"));
    }
}
