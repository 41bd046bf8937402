//! What the environment says: it wins over the builder.

use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::error::Error;

/// The address of the admin listener.
pub(crate) const BIND: &str = "TELEMETRY_BIND";
/// Where the admin listener listens unless somebody says otherwise.
pub(crate) const DEFAULT_BIND: &str = "127.0.0.1:9568";

/// Where the admin listener listens; `None` for nowhere. `environment` reads one variable.
pub(crate) fn bind(
    builder: &str,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<SocketAddr>, Error> {
    let Some(value) = environment(BIND) else {
        return address("the address given to `.admin(…)`", builder).map(Some);
    };
    let value = value.into_string().map_err(|value| {
        Error::configuration(format!("{BIND}={} is not UTF-8; {ALLOWED}", value.display()))
    })?;
    if value == "off" {
        return Ok(None);
    }
    address(BIND, &value).map(Some)
}

const ALLOWED: &str = "allowed are an address with a port, as in 127.0.0.1:9568, [::1]:9568 or localhost:0, and `off`";

fn address(origin: &str, value: &str) -> Result<SocketAddr, Error> {
    let found = value.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| {
        Error::configuration(format!("{origin} is {value:?}, which is no address; {ALLOWED}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: Option<&str>) -> Result<Option<SocketAddr>, Error> {
        bind(DEFAULT_BIND, |_| value.map(OsString::from))
    }

    #[test]
    fn the_environment_wins_over_the_builder() {
        assert_eq!(with(None).unwrap().unwrap().to_string(), DEFAULT_BIND);
        assert_eq!(with(Some("[::1]:0")).unwrap().unwrap().to_string(), "[::1]:0");
        assert_eq!(with(Some("off")).unwrap(), None);
    }

    #[test]
    fn a_bad_address_names_variable_value_and_allowed_form() {
        let error = with(Some("9568")).unwrap_err();
        assert!(error.is_configuration());
        let text = error.to_string();
        assert!(text.contains("TELEMETRY_BIND") && text.contains("\"9568\""), "{text}");
        assert!(text.contains("127.0.0.1:9568"), "{text}");
    }
}
