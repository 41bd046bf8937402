//! Where packets go to.

use std::fmt;
use std::path::PathBuf;

use crate::config::Value;

/// A socket that receives packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Name or address, and port.
    Udp(String),
    Unix(PathBuf),
}

impl Destination {
    /// How many bytes a packet may have. Over UDP: what a network of Ethernet takes in one piece, whatever
    /// tunnels there are. On one machine: what receivers read at once.
    pub(super) fn packet_size(&self) -> usize {
        match self {
            Self::Udp(_) => 1_432,
            Self::Unix(_) => 8_192,
        }
    }
}

impl Value for Destination {
    const ALLOWED: &'static str = "a host and a port, as in 127.0.0.1:8125, [::1]:8125 or udp://statsd.local:8125, or unix:///path";

    fn read(text: &str) -> Result<Self, String> {
        if text.contains(char::is_control) {
            return Err("which has a control character".into());
        }
        if let Some(path) = text.strip_prefix("unix://") {
            return match path {
                _ if cfg!(not(unix)) => Err("which this system has no sockets for".into()),
                path if path.starts_with('/') => Ok(Self::Unix(path.into())),
                _ => Err("which has no absolute path".into()),
            };
        }
        let address = text.strip_prefix("udp://").unwrap_or(text);
        let Some((host, port)) = address.rsplit_once(':') else {
            return Err("which has no port".into());
        };
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        let is_bracketed = host.starts_with('[') && host.ends_with(']');
        if !is_port {
            return Err("which has no port from 1 to 65535".into());
        }
        if host.is_empty()
            || host.contains(|c: char| c == '/' || c.is_whitespace())
            || (host.contains(':') && !is_bracketed)
        {
            return Err("which has no host".into());
        }
        Ok(Self::Udp(address.into()))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp(address) => write!(f, "udp://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_shown_as_they_are_read() {
        for text in ["udp://127.0.0.1:8125", "udp://[::1]:8125", "udp://statsd.local:1"] {
            assert_eq!(Destination::read(text).unwrap().show(), text);
        }
        assert_eq!(Destination::read("localhost:8125").unwrap().show(), "udp://localhost:8125");
        for text in ["localhost", "localhost:0", "localhost:x", ":8125", "::1:8125", "http://x:1"] {
            Destination::read(text).unwrap_err();
        }
    }

    #[test]
    fn nothing_moves_the_cursor_of_who_is_told_where_it_is() {
        for text in ["[:\0;1]:8126", "a\u{1b}[2J:1", "unix:///run/a\nb", "a\u{2028}b:1"] {
            Destination::read(text).unwrap_err();
        }
    }

    #[cfg(unix)]
    #[test]
    fn sockets_in_the_file_system_have_absolute_paths() {
        let path = "unix:///run/statsd.sock";
        assert_eq!(Destination::read(path).unwrap().show(), path);
        Destination::read("unix://statsd.sock").unwrap_err();
    }
}
