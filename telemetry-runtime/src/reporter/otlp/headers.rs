//! Headers of every request: names and values between commas, in which values are percent-encoded.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables>.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::Value;
use crate::service::Attributes;

/// Headers of every request. They are secrets, and never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) map: HeaderMap,
}

/// What the protocol or the connection decides.
const OURS: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::HOST,
];

impl Headers {
    /// # Errors
    /// What is wrong with the name or the value.
    pub(super) fn insert(&mut self, name: &str, value: &str) -> Result<(), String> {
        let name: HeaderName =
            name.parse().map_err(|_| format!("in which {name:?} is no name of a header"))?;
        if OURS.contains(&name) {
            return Err(format!("in which `{name}` is a header that the protocol decides"));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| format!("in which the value of `{name}` is not that of a header"))?;
        value.set_sensitive(true);
        self.map.insert(name, value);
        Ok(())
    }
}

impl Value for Headers {
    const ALLOWED: &'static str =
        "headers as in name=value,name=value, with commas and percent signs percent-encoded";

    fn read(text: &str) -> Result<Self, String> {
        let mut headers = Self::default();
        for (name, value) in Attributes::read(text)?.iter() {
            headers.insert(name, value)?;
        }
        Ok(headers)
    }

    /// The names alone.
    fn show(&self) -> String {
        let names: Vec<&str> = self.map.keys().map(HeaderName::as_str).collect();
        names.join(",")
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Headers({})", self.show())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_never_shown() {
        let headers =
            Headers::read("authorization=Bearer%20a%2Cb%3D, x-tenant = shop ,api=k=v").unwrap();
        assert_eq!(headers.map["authorization"], "Bearer a,b=");
        assert_eq!(headers.map["x-tenant"], "shop");
        assert_eq!(headers.map["api"], "k=v");
        let shown = format!("{headers:?} {} {:?}", headers.show(), headers.map);
        assert!(!shown.contains("Bearer") && !shown.contains("shop"), "{shown}");
    }

    #[test]
    fn headers_that_would_break_a_request_are_refused() {
        for text in ["a b=c", "x=%0D%0Aforged:%201", "host=elsewhere", "content-length=1", "x"] {
            Headers::read(text).unwrap_err();
        }
    }
}
