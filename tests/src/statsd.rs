//! Receivers of StatsD lines, and a strict parser of both dialects that shares nothing with the one who
//! writes them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};

use anyhow::{Context, Result, bail, ensure};

/// One line, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What stands before the first colon.
    pub name: String,
    /// The values as they are written.
    pub values: Vec<String>,
    /// What stands after the values.
    pub kind: String,
    /// How many each value stands for: 1 ÷ rate.
    pub weight: f64,
    /// The tags, `name:value`, in their order.
    pub tags: Vec<String>,
}

impl Line {
    /// Takes a line apart. `with_tags`: of the dialect that has tags and lists of values.
    ///
    /// # Errors
    /// Where the line is none.
    pub fn parse(line: &str, with_tags: bool) -> Result<Self> {
        let (name, rest) = line.split_once(':').context("no colon")?;
        let is_of_names = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        ensure!(!name.is_empty() && name.chars().all(is_of_names), "the name {name:?}");
        ensure!(name.split('.').all(|segment| !segment.is_empty()), "a segment of {name:?}");
        let mut fields = rest.split('|');
        let values = fields.next().context("no values")?.split(':');
        let values: Vec<String> = values.map(str::to_owned).collect();
        for value in &values {
            let number: f64 = value.parse().with_context(|| format!("the value {value:?}"))?;
            ensure!(number.is_finite(), "the value {value:?}");
        }
        ensure!(values.len() == 1 || with_tags, "{} values", values.len());
        let kind = fields.next().context("no type")?.to_owned();
        let kinds: &[&str] = if with_tags { &["c", "g", "h", "d"] } else { &["c", "g", "ms"] };
        ensure!(kinds.contains(&kind.as_str()), "the type {kind:?}");
        let (mut weight, mut tags) = (1.0, Vec::new());
        for field in fields {
            if let Some(rate) = field.strip_prefix('@') {
                ensure!(rate.chars().all(|c| c.is_ascii_digit() || c == '.'), "the rate {rate:?}");
                let rate: f64 = rate.parse()?;
                ensure!(rate > 0.0 && rate <= 1.0, "the rate {rate}");
                weight = 1.0 / rate;
            } else if let (Some(list), true) = (field.strip_prefix('#'), with_tags) {
                ensure!(tags.is_empty(), "tags twice");
                tags = list.split(',').map(str::to_owned).collect();
                ensure!(tags.iter().all(|tag| !tag.is_empty()), "an empty tag in {list:?}");
            } else {
                bail!("the field {field:?}");
            }
        }
        Ok(Self { name: name.into(), values, kind, weight, tags })
    }

    /// The name with the tags, as in `name{tag:value}`.
    pub fn series(&self) -> String {
        if self.tags.is_empty() {
            self.name.clone()
        } else {
            format!("{}{{{}}}", self.name, self.tags.join(","))
        }
    }
}

/// What a receiver adds up.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Totals {
    /// By series.
    pub counters: BTreeMap<String, i128>,
    /// By series, as they are written.
    pub gauges: BTreeMap<String, f64>,
    /// Value and weight of each sample, by series.
    pub samples: BTreeMap<String, Vec<(f64, f64)>>,
    /// All lines.
    pub lines: u64,
}

impl Totals {
    /// Adds the lines of a packet as etsy's StatsD does, counters of whole numbers alone.
    ///
    /// # Errors
    /// Where one of them is none, or a counter is no whole number.
    pub fn add(&mut self, packet: &[u8], with_tags: bool) -> Result<()> {
        ensure!(!packet.is_empty(), "an empty packet");
        for line in std::str::from_utf8(packet)?.split('\n') {
            let parsed = Line::parse(line, with_tags).with_context(|| format!("in {line:?}"))?;
            self.lines += 1;
            let series = parsed.series();
            for value in &parsed.values {
                match parsed.kind.as_str() {
                    "c" => {
                        *self.counters.entry(series.clone()).or_default() +=
                            value.parse::<i128>()?;
                    }
                    "g" => {
                        let number: f64 = value.parse()?;
                        let gauge = self.gauges.entry(series.clone()).or_default();
                        let is_change = !with_tags && value.starts_with(['+', '-']);
                        *gauge = if is_change { *gauge + number } else { number };
                    }
                    _ => {
                        let samples = self.samples.entry(series.clone()).or_default();
                        samples.push((value.parse()?, parsed.weight));
                    }
                }
            }
        }
        Ok(())
    }

    /// How many measurements the samples of a series stand for.
    pub fn measured(&self, series: &str) -> f64 {
        self.samples.get(series).into_iter().flatten().map(|(_, weight)| weight).sum()
    }
}

/// All packets that have arrived at a socket and that nobody has read.
///
/// # Errors
/// Where the socket cannot be read.
pub fn arrived(socket: &UdpSocket) -> Result<Vec<Vec<u8>>> {
    socket.set_nonblocking(true)?;
    let (mut packets, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) => packets.push(buffer[..length].to_vec()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(packets),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A port of the loopback that nobody has at this moment, neither over TCP nor over UDP: for servers
/// that cannot choose one by themselves.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let line = Line::parse("a.b:1.5:2|d|@0.5|#x:http://y,z", true).unwrap();
        assert_eq!((line.name.as_str(), line.kind.as_str(), line.weight), ("a.b", "d", 2.0));
        assert_eq!(
            (line.values, line.tags),
            (vec!["1.5".into(), "2".into()], vec!["x:http://y".to_owned(), "z".into()])
        );
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for line in [
            "",
            "a",
            "a:1",
            "a:|c",
            "a:1|x",
            "a:1|c|@2",
            "a:1|c|@1e-3",
            "a..b:1|c",
            "a:inf|c",
            "a:1|c|#",
            "a:1|c|#x|#y",
            "a b:1|c",
            "a:1|c|x",
        ] {
            assert!(Line::parse(line, true).is_err(), "{line}");
        }
        assert!(Line::parse("a:1|c|#x", false).is_err());
        assert!(Line::parse("a:1:2|c", false).is_err());
    }

    #[test]
    fn a_signed_gauge_is_a_change_where_there_are_no_tags() {
        let mut totals = Totals::default();
        totals.add(b"a:7|g\na:-2|g", false).unwrap();
        assert_eq!(totals.gauges["a"].to_bits(), 5.0_f64.to_bits());
        totals.add(b"a:0|g\na:-2|g", false).unwrap();
        assert_eq!(totals.gauges["a"].to_bits(), (-2.0_f64).to_bits());
    }
}
