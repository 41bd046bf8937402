//! How much is measured: everything for the page, or enough to see where one stands.

use std::fmt;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Rounds of a row, each contender once a round.
    pub rounds: usize,
    /// What one contender computes in a round.
    pub round_nanos: f64,
    /// How many series are rendered.
    pub series: &'static [usize],
    /// Rounds of rendering, each store once a round.
    pub renders: usize,
    /// Only what has this in its name; everything if empty.
    pub only: String,
}

const FULL: Plan = Plan {
    rounds: 31,
    round_nanos: 8e6,
    series: &[100_000, 1_000_000],
    renders: 11,
    only: String::new(),
};

const QUICK: Plan =
    Plan { rounds: 11, round_nanos: 2e6, series: &[100_000], renders: 5, only: String::new() };

impl Plan {
    /// `[--quick] [NAME]`
    ///
    /// # Errors
    /// What else is there.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, Misuse> {
        let mut plan = FULL;
        let mut only = String::new();
        for argument in arguments {
            match argument.as_str() {
                "--quick" => plan = QUICK,
                option if option.starts_with('-') => return Err(Misuse(argument)),
                _ if only.is_empty() => only = argument,
                _ => return Err(Misuse(argument)),
            }
        }
        Ok(Self { only, ..plan })
    }

    /// Whether what has this name is measured.
    pub fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

/// An argument that means nothing.
#[derive(Debug, PartialEq)]
pub struct Misuse(String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unexpected `{}`; usage: telemetry-peers [--quick] [PART-OF-A-NAME]", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Plan, Misuse> {
        Plan::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn arguments_are_understood_in_any_order() {
        assert_eq!(parse(""), Ok(FULL));
        assert_eq!(parse("--quick"), Ok(QUICK));
        let tagged = parse("tagged --quick").unwrap();
        assert!(tagged.wants("tagged counter") && !tagged.wants("bytes"));
        assert_eq!(tagged.rounds, QUICK.rounds);
    }

    #[test]
    fn unknown_arguments_are_refused() {
        assert_eq!(parse("--quik"), Err(Misuse("--quik".into())));
        assert_eq!(parse("one two"), Err(Misuse("two".into())));
    }
}
