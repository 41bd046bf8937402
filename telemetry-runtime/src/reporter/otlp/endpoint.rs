//! Where a signal is sent to.

use http::Uri;
use http::uri::{Authority, PathAndQuery};

use crate::config::Value;

/// An address with `http://`, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    authority: Authority,
    path: PathAndQuery,
}

impl Endpoint {
    /// A receiver on this machine.
    pub(super) fn local(port: u16) -> Self {
        let authority = match port {
            4317 => Authority::from_static("localhost:4317"),
            _ => Authority::from_static("localhost:4318"),
        };
        Self { authority, path: PathAndQuery::from_static("/") }
    }

    /// The address of one signal below this one: `v1/metrics` is appended to its path.
    pub(super) fn of_signal(&self, below: &str) -> Self {
        let path = format!("{}/{below}", self.path.path().trim_end_matches('/'));
        // A path with a plain ending is one.
        let path = path.parse().unwrap_or_else(|_| self.path.clone());
        Self { authority: self.authority.clone(), path }
    }

    /// Host and port, for the header `host`.
    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What is asked for.
    pub(super) fn path(&self) -> &PathAndQuery {
        &self.path
    }

    /// Host and port, to connect to.
    pub(super) fn address(&self) -> (&str, u16) {
        let host = self.authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        (host, self.authority.port_u16().unwrap_or(80))
    }
}

impl Value for Endpoint {
    const ALLOWED: &'static str = "an address as in http://localhost:4318";

    fn read(text: &str) -> Result<Self, String> {
        if text.contains(char::is_control) {
            return Err("which has a control character".into());
        }
        let uri: Uri = text.parse().map_err(|_| "which is no address")?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err("which wants encryption, and this reporter has none: send to a collector beside the program, which encrypts".into());
            }
            _ => return Err("which does not begin with `http://`".into()),
        }
        let parts = uri.into_parts();
        let authority = parts.authority.ok_or("which has no host")?;
        if authority.as_str().contains('@') {
            return Err("in which a password has no place: it is said in the headers".into());
        }
        if authority.host().is_empty() {
            return Err("which has no host".into());
        }
        let path = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { authority, path })
    }

    fn show(&self) -> String {
        let path = self.path.as_str();
        format!("http://{}{}", self.authority, if path == "/" { "" } else { path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Endpoint {
        Endpoint::read(text).unwrap()
    }

    #[test]
    fn a_signals_path_is_below_that_of_the_base() {
        for (base, signal) in [
            ("http://collector:4318", "http://collector:4318/v1/metrics"),
            ("http://collector:4318/", "http://collector:4318/v1/metrics"),
            ("http://collector/otlp", "http://collector/otlp/v1/metrics"),
            ("http://collector/otlp//", "http://collector/otlp/v1/metrics"),
            ("http://[::1]:4318/a/b/", "http://[::1]:4318/a/b/v1/metrics"),
        ] {
            assert_eq!(read(base).of_signal("v1/metrics").show(), signal);
        }
    }

    #[test]
    fn an_address_is_used_as_it_is() {
        let endpoint = read("http://[::1]:4318/custom?tenant=a");
        assert_eq!(endpoint.address(), ("::1", 4318));
        assert_eq!(endpoint.path().as_str(), "/custom?tenant=a");
        assert_eq!(read("http://collector").address(), ("collector", 80));
        assert_eq!(Endpoint::local(4317).show(), "http://localhost:4317");
    }

    #[test]
    fn what_cannot_be_sent_to_says_why() {
        for (text, why) in [
            ("https://collector:4318", "encrypts"),
            ("collector:4318", "does not begin with"),
            ("grpc://collector", "does not begin with"),
            ("/v1/metrics", "does not begin with"),
            ("http://user:word@collector", "headers"),
            ("http://a b", "no address"),
            ("http://collector/\u{9b}2J", "control character"),
            ("http://:4318", "no"),
        ] {
            let error = Endpoint::read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
