//! The machine's own package sources, read for the address of its Debian archive.
//!
//! So that no mirror's address is written down here, and a machine with a mirror of its own uses it.

use std::fs;

use anyhow::{Result, bail};

const STANZAS: &str = "/etc/apt/sources.list.d/debian.sources";
const LINES: &str = "/etc/apt/sources.list";

/// The address of the archive that the system itself is installed from.
pub(crate) fn archive() -> Result<String> {
    let found = fs::read_to_string(STANZAS)
        .ok()
        .and_then(|text| from_stanzas(&text))
        .or_else(|| fs::read_to_string(LINES).ok().and_then(|text| from_lines(&text)));
    match found {
        Some(archive) => Ok(archive),
        None => bail!("no Debian archive in {STANZAS} or {LINES}: add a `deb` source to one"),
    }
}

/// Reads the deb822 form: stanzas of `Key: value`.
fn from_stanzas(text: &str) -> Option<String> {
    text.split("\n\n").find_map(|stanza| {
        let field = |key: &str| {
            stanza.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(key).then(|| value.trim())
            })
        };
        let binary = field("Types")?.split_whitespace().any(|kind| kind == "deb");
        let enabled = !field("Enabled").is_some_and(|value| value.eq_ignore_ascii_case("no"));
        let main = holds_releases(field("Suites")?.split_whitespace().next()?);
        let address = field("URIs")?.split_whitespace().next()?;
        (binary && enabled && main).then(|| address.to_owned())
    })
}

/// Reads the older form: lines of `deb [options] address suite components`.
fn from_lines(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        let mut words = rest.split_whitespace();
        let (address, suite) = (words.next()?, words.next()?);
        holds_releases(suite).then(|| address.to_owned())
    })
}

/// Security updates and backports live in archives, or under names, that hold no whole suite.
fn holds_releases(suite: &str) -> bool {
    !suite.contains("security") && !suite.contains("backports")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanza_of_the_main_archive_is_found() {
        let text = "\
Types: deb
URIs: http://archive.test/security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://archive.test/off
Suites: bookworm

Types: deb-src
URIs: http://archive.test/source
Suites: bookworm

# a remark: with a colon
types: deb deb-src
URIs: http://archive.test/main http://archive.test/second
Suites: bookworm bookworm-updates
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";
        assert_eq!(from_stanzas(text).as_deref(), Some("http://archive.test/main"));
        assert_eq!(from_stanzas("Types: deb\n"), None);
    }

    #[test]
    fn line_of_the_main_archive_is_found() {
        let text = "\
# deb http://archive.test/remark bookworm main
deb-src http://archive.test/source bookworm main
deb http://archive.test/security bookworm-security main
deb [arch=amd64 signed-by=/a/b.gpg] http://archive.test/main bookworm main contrib
";
        assert_eq!(from_lines(text).as_deref(), Some("http://archive.test/main"));
        assert_eq!(from_lines(""), None);
    }
}
