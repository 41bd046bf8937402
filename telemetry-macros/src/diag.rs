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

    pub(crate) fn extend(&mut self, mistakes: impl IntoIterator<Item = syn::Error>) {
        self.found.get_or_insert_default().extend(mistakes);
    }

    pub(crate) fn count(&self) -> usize {
        self.found.as_ref().map_or(0, Vec::len)
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
    nearest(name, allowed).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The allowed name that was meant, if one is near.
pub(crate) fn nearest<'a>(
    name: &str,
    allowed: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    allowed
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, near)| *distance <= name.len().max(near.len()).div_ceil(3))
        .map(|(_, near)| near)
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

/// What is said of an option that there is not.
pub(crate) fn unknown_option<'a>(
    name: &str,
    allowed: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    format!(
        "unknown option `{name}`; options are {}{}",
        list(allowed.clone()),
        did_you_mean(name, allowed)
    )
}

/// What is said of an option that stands without `=`.
pub(crate) fn option_without_value(name: impl std::fmt::Display) -> String {
    format!("the option `{name}` has no value; write `{name} = …`")
}

/// Levenshtein's edit distance.
pub(crate) fn distance(a: &str, b: &str) -> usize {
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
