//! A blocking HTTP client for loopback servers.

use std::time::Duration;

use anyhow::{Context, Result};
use ureq::Agent;

/// What a server answered, whatever the status.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The whole body.
    pub body: String,
}

/// Gets a page in the format of an `Accept`.
///
/// # Errors
/// Where there is no whole answer. An error status is an answer.
pub fn get_as(url: &str, accept: &str) -> Result<Response> {
    answered(url, agent().get(url).header("accept", accept).call())
}

/// Gets a page; each pair of `query` is escaped and added to the address.
///
/// # Errors
/// Where there is no whole answer. An error status is an answer.
pub fn get(url: &str, query: &[(&str, &str)]) -> Result<Response> {
    answered(url, agent().get(url).query_pairs(query.iter().copied()).call())
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // the environment's proxy does not know this machine's loopback
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(10)))
        .build();
    config.into()
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
