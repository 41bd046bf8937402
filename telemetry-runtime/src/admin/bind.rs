//! Where the admin listener listens.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::config::{Value, Variable};

/// The address of the admin listener.
pub(crate) static BIND: Variable<Bind> = Variable::new(
    "TELEMETRY_BIND",
    || Bind::At(SocketAddr::from(([127, 0, 0, 1], 9568))),
    "Where the admin listener listens; port 0 takes a free one, `off` opens none.",
);

/// Where the admin listener listens, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bind {
    Off,
    At(SocketAddr),
}

impl Bind {
    pub(crate) fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::At(address) => Some(address),
        }
    }
}

impl Value for Bind {
    const ALLOWED: &'static str =
        "an address with a port, as in 127.0.0.1:9568, [::1]:9568 or localhost:0, or `off`";

    fn read(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        found.map(Self::At).ok_or_else(|| "which is no address".into())
    }

    fn show(&self) -> String {
        self.address().map_or_else(|| "off".into(), |address| address.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown() {
        for text in ["127.0.0.1:9568", "[::1]:0", "off"] {
            assert_eq!(Bind::read(text).unwrap().show(), text);
        }
        let local = Bind::read("localhost:7").unwrap().address().unwrap();
        assert!(local.ip().is_loopback() && local.port() == 7);
        for text in ["9568", "nonsense", "127.0.0.1", "OFF"] {
            assert_eq!(Bind::read(text), Err("which is no address".into()));
        }
    }
}
