//! A goal beside what was measured.

use std::fmt;

/// What one stage found out.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) goals: Vec<Goal>,
    /// Sections in Markdown.
    pub(crate) text: String,
}

/// One row of the table of goals.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Goal {
    pub(crate) work: String,
    pub(crate) wanted: String,
    pub(crate) measured: String,
    pub(crate) verdict: Verdict,
}

/// How a goal fared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    Met,
    Missed,
    NotMeasured,
}

impl Goal {
    pub(crate) fn new(work: &str, wanted: &str, measured: String, is_met: bool) -> Self {
        let verdict = if is_met { Verdict::Met } else { Verdict::Missed };
        Self { work: work.to_owned(), wanted: wanted.to_owned(), measured, verdict }
    }

    /// Reads a line of the peers' program: `goal`, then the row's four cells, with tabs between.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split('\t').collect();
        let ["goal", work, wanted, measured, verdict] = cells[..] else { return None };
        Some(Self {
            work: work.to_owned(),
            wanted: wanted.to_owned(),
            measured: measured.to_owned(),
            verdict: Verdict::parse(verdict)?,
        })
    }
}

/// The lines that are goals, and the others.
pub(super) fn split(text: &str) -> (Vec<Goal>, String) {
    let goals = text.lines().filter_map(Goal::parse).collect();
    let others = text.lines().filter(|line| Goal::parse(line).is_none());
    let others: String = others.flat_map(|line| [line, "\n"]).collect();
    (goals, others.trim_start().to_owned())
}

impl Verdict {
    fn parse(word: &str) -> Option<Self> {
        [Self::Met, Self::Missed, Self::NotMeasured]
            .into_iter()
            .find(|verdict| verdict.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::NotMeasured => "not measured",
        }
    }
}

/// As it stands in the table, where what is missed must be seen.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed => write!(f, "**{}**", self.word()),
            _ => f.write_str(self.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_goals_are_told_from_others() {
        let line = "goal\ttagged counter\t≤ 0.5 × the fastest peer\t0.40 ×\tmet";
        let goal =
            Goal::new("tagged counter", "≤ 0.5 × the fastest peer", "0.40 ×".to_owned(), true);
        assert_eq!(Goal::parse(line), Some(goal));
        let unmeasured = Goal::parse("goal\ta\tb\t\tnot measured").unwrap();
        assert_eq!(unmeasured.verdict, Verdict::NotMeasured);
        for other in ["### tagged counter", "", "goal\ta\tb", "goal\ta\tb\tc\tperhaps"] {
            assert_eq!(Goal::parse(other), None, "{other}");
        }
    }

    #[test]
    fn goals_are_taken_out_of_the_text() {
        let (goals, text) = split("goal\ta\tb\tc\tmet\n\n### a row\n| 1 |\n");
        assert_eq!(goals, [Goal::new("a", "b", "c".to_owned(), true)]);
        assert_eq!(text, "### a row\n| 1 |\n");
    }
}
