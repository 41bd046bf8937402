//! Whether a server answers over HTTP.

use crate::health::{CheckKind, HealthCheck};
use crate::http_probe::Url;

/// Gets an address as in `http://inventory:8080/health`: it passes if the answer's status is of the
/// class 2xx. Plain HTTP only; for what needs TLS a closure with the program's own client does it.
///
/// An address that cannot be asked fails the check, and its message says why.
#[track_caller]
pub fn http_get(name: impl Into<String>, url: impl Into<String>) -> HealthCheck {
    let text = url.into();
    let url = Url::read(&text).map_err(|why| format!("the address is {text:?}, {why}"));
    let get = move |limit| {
        let url = url.clone()?;
        let answer = url.get(limit).map_err(|error| format!("{url}: {error}"))?;
        if (200..300).contains(&answer.status) {
            Ok(())
        } else {
            Err(format!("{url} answered {}", answer.status))
        }
    };
    HealthCheck::blocking_within(name, get).kind(CheckKind::Http)
}
