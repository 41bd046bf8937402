//! Mistakes: collected so that all are reported at once, each at the user's token, in the form
//! *what is wrong; what is allowed; did you mean `x`?*.

use proc_macro2::{Span, TokenStream};

/// Collects mistakes. Dropped without [`Mistakes::finish`] it panics: none may be lost.
pub(crate) struct Mistakes {
    found: Option<Vec<syn::Error>>,
}

impl Mistakes {
    pub(crate) fn none() -> Self {
        Self { found: Some(Vec::new()) }
    }

    pub(crate) fn add(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, mistake: syn::Error) {
        self.found.get_or_insert_default().push(mistake);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.as_ref().is_none_or(Vec::is_empty)
    }

    /// The mistakes as `compile_error!` items; empty tokens when there are none.
    pub(crate) fn finish(mut self) -> TokenStream {
        let found = self.found.take().unwrap_or_default();
        found.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Mistakes {
    fn drop(&mut self) {
        assert!(
            self.found.is_none() || std::thread::panicking(),
            "mistakes were collected and not reported"
        );
    }
}

/// `; did you mean `x`?` if one of the allowed names is near, else nothing.
pub(crate) fn did_you_mean<'a>(name: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    let nearest = allowed
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, candidate)) if distance <= name.len().max(candidate.len()).div_ceil(3) => {
            format!("; did you mean `{candidate}`?")
        }
        _ => String::new(),
    }
}

/// `` `a`, `b` and `c` ``
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let kinds = ["counter", "sum", "distribution"];
        assert_eq!(did_you_mean("conter", kinds), "; did you mean `counter`?");
        assert_eq!(did_you_mean("histogram", kinds), "");
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    #[should_panic(expected = "not reported")]
    fn unreported_mistakes_panic() {
        let mut mistakes = Mistakes::none();
        mistakes.add(Span::call_site(), "lost");
    }
}
