//! Tables of allowed edges, and edges compared with them.

use std::fmt;

/// In place of a row's list: everything. Nothing may use such a row, as that would close a cycle.
pub const ANY: &[&str] = &["*"];

/// Who may use whom, row by row: a name, then the names that it may use.
///
/// A row named `folder/*` holds for each folder inside. `name?` allows only an optional use,
/// `name::part` only that of a part.
#[derive(Clone, Copy, Debug)]
pub struct Table(pub &'static [(&'static str, &'static [&'static str])]);

/// One thing uses another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who uses.
    pub from: String,
    /// What is used.
    pub to: String,
    /// Whether a feature switches the use on.
    pub optional: bool,
    /// Where this is written, for the reader of a failure.
    pub place: String,
}

impl Table {
    /// What is wrong with the edges, one sentence each.
    pub fn objections(&self, edges: &[Edge]) -> Vec<String> {
        edges.iter().filter_map(|edge| self.objection(edge)).collect()
    }

    /// The sentence for a name without a row.
    pub fn unknown(&self, name: &str) -> Option<String> {
        match self.row(name) {
            Some(_) => None,
            None => Some(format!("`{name}` is not in the table: add it with its allowed edges")),
        }
    }

    /// What is wrong with the table itself: names without a row, and cycles.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (from, allowed) in self.0 {
            for to in allowed.iter().filter(|_| *allowed != ANY) {
                match self.row(plain(to)) {
                    None => faults.push(format!("`{from}` may use `{to}`, which has no row")),
                    Some(ANY) => faults.push(format!("`{from}` may use `{to}`, which may use all")),
                    Some(_) => {}
                }
            }
            let mut path = vec![*from];
            if self.leads_back(&mut path) {
                faults.push(format!("a cycle: {}", path.join(" -> ")));
            }
        }
        faults
    }

    fn objection(&self, edge: &Edge) -> Option<String> {
        let Some(allowed) = self.row(&edge.from) else {
            return self.unknown(&edge.from);
        };
        let holds = |name: &str| {
            let inner = edge.to.strip_prefix(name);
            inner.is_some_and(|inner| inner.is_empty() || inner.starts_with("::"))
        };
        let allows = |name: &&str| match name.strip_suffix('?') {
            Some(name) => edge.optional && holds(name),
            None => holds(name),
        };
        if allowed == ANY || allowed.iter().any(allows) {
            return None;
        }
        let allowed = match allowed {
            [] => "nothing".to_owned(),
            names => names.join(", "),
        };
        Some(format!("{edge}; the table allows {allowed}"))
    }

    fn row(&self, name: &str) -> Option<&'static [&'static str]> {
        self.0
            .iter()
            .find(|(row, _)| match row.strip_suffix('*') {
                Some(folder) => name.starts_with(folder),
                None => *row == name,
            })
            .map(|(_, allowed)| *allowed)
    }

    /// Extends the path until it returns to its start, if it can.
    fn leads_back(&self, path: &mut Vec<&'static str>) -> bool {
        let (first, last) = (path[0], path[path.len() - 1]);
        let allowed = self.row(last).filter(|allowed| *allowed != ANY);
        for next in allowed.unwrap_or_default() {
            let next = plain(next);
            let returned = next == first;
            if !returned && path.contains(&next) {
                continue;
            }
            path.push(next);
            if returned || self.leads_back(path) {
                return true;
            }
            path.pop();
        }
        false
    }
}

/// The row that an allowed name belongs to.
fn plain(name: &str) -> &str {
    let whole = name.split_once("::").map_or(name, |(whole, _)| whole);
    whole.trim_end_matches('?')
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, place, .. } = self;
        write!(f, "{place}: `{from}` must not use `{to}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table(&[
        ("top", ANY),
        ("middle", &["leaf"]),
        ("leaf", &[]),
        ("plugins/*", &["leaf", "middle?"]),
        ("reader", &["middle::view"]),
    ]);

    fn edge(from: &str, to: &str, optional: bool) -> Edge {
        Edge { from: from.to_owned(), to: to.to_owned(), optional, place: "here".to_owned() }
    }

    #[test]
    fn listed_edges_are_allowed() {
        let edges = [
            edge("top", "middle", false),
            edge("top", "leaf", true),
            edge("middle", "leaf", false),
            edge("plugins/one", "leaf", false),
            edge("plugins/two", "middle", true),
            edge("middle", "leaf::Item", false),
            edge("reader", "middle::view", false),
        ];
        assert_eq!(TABLE.objections(&edges), Vec::<String>::new());
        assert_eq!(TABLE.faults(), Vec::<String>::new());
    }

    #[test]
    fn edge_outside_the_table_is_an_objection() {
        let edges = [
            edge("leaf", "middle", false),
            edge("plugins/one", "middle", false),
            edge("reader", "middle::inside", false),
            edge("middle", "leaflet", false),
        ];
        assert_eq!(
            TABLE.objections(&edges),
            [
                "here: `leaf` must not use `middle`; the table allows nothing",
                "here: `plugins/one` must not use `middle`; the table allows leaf, middle?",
                "here: `reader` must not use `middle::inside`; the table allows middle::view",
                "here: `middle` must not use `leaflet`; the table allows leaf",
            ]
        );
    }

    #[test]
    fn name_without_a_row_is_an_objection() {
        let expected = "`new` is not in the table: add it with its allowed edges";
        assert_eq!(TABLE.objections(&[edge("new", "leaf", false)]), [expected]);
        assert_eq!(TABLE.unknown("new").as_deref(), Some(expected));
        assert_eq!(TABLE.unknown("leaf"), None);
        assert_eq!(TABLE.unknown("plugins/new"), None);
    }

    #[test]
    fn cycles_and_missing_rows_are_faults_of_a_table() {
        let table = Table(&[("a", &["b"]), ("b", &["c"]), ("c", &["b", "d"])]);
        assert_eq!(
            table.faults(),
            ["a cycle: b -> c -> b", "`c` may use `d`, which has no row", "a cycle: c -> b -> c",]
        );
        let table = Table(&[("a", &["b::part"]), ("b", &["a?"])]);
        assert_eq!(table.faults(), ["a cycle: a -> b -> a", "a cycle: b -> a -> b"]);
        let table = Table(&[("top", ANY), ("leaf", &["top"])]);
        assert_eq!(table.faults(), ["`leaf` may use `top`, which may use all"]);
    }
}
