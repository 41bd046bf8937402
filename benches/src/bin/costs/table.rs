//! A table of the page.

use std::fmt;

/// Rows of a name and figures under one heading.
pub struct Table {
    pub title: &'static str,
    /// What is measured, for who reads the page.
    pub about: &'static str,
    pub columns: &'static [&'static str],
    pub rows: Vec<(String, Vec<f64>)>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}\n", self.title, self.about)?;
        writeln!(f, "| | {} |", self.columns.join(" | "))?;
        writeln!(f, "|---|{}", "--:|".repeat(self.columns.len()))?;
        for (name, figures) in &self.rows {
            write!(f, "| {name} |")?;
            for figure in figures {
                let digits = usize::from(*figure < 100.0);
                write!(f, " {figure:.digits$} |")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
