//! A blocking HTTP client for loopback servers.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use ureq::Agent;

/// What a server answered, with its headers.
#[derive(Debug)]
pub struct Exchange {
    /// The status code.
    pub status: u16,
    /// The headers, by name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The whole body.
    pub body: String,
}

/// Sends a request without a body.
///
/// # Errors
/// Where there is no whole answer. An error status is an answer.
pub fn exchange(method: &str, url: &str, headers: &[(&str, &str)]) -> Result<Exchange> {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response =
        agent().run(request.body(())?).with_context(|| format!("no answer from {url}"))?;
    let known = response.headers().iter();
    let headers = known.map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Ok(Exchange {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: response
            .body_mut()
            .read_to_string()
            .with_context(|| format!("no whole answer from {url}"))?,
    })
}

/// What a server answered, whatever the status.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The whole body.
    pub body: String,
}

/// Gets a page; each pair of `query` is escaped and added to the address.
///
/// # Errors
/// Where there is no whole answer. An error status is an answer.
pub fn get(url: &str, query: &[(&str, &str)]) -> Result<Response> {
    answered(url, agent().get(url).query_pairs(query.iter().copied()).call())
}

fn answered(
    url: &str,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Response> {
    let mut response = response.with_context(|| format!("no answer from {url}"))?;
    Ok(Response {
        status: response.status().as_u16(),
        body: response
            .body_mut()
            .read_to_string()
            .with_context(|| format!("no whole answer from {url}"))?,
    })
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        // the environment's proxy does not know this machine's loopback
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into()
}
