//! Which top-level module of a crate uses which other, read from the source.
//!
//! Every path that starts at the crate's root is an edge: `crate::a::B`, `use crate::{a, b::C}`,
//! `super::a` in a top-level module, and `a::B` in the root itself. The source is read as tokens, so
//! paths inside macros count, and those in comments and strings do not. Code under `#[cfg(test)]` is
//! passed over, as is `$crate` in a macro: it is the caller's crate that uses what it names.
//!
//! An edge leads to the module and what is named in it (`a::B`), so that a table can allow a part of
//! a module.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::edges::Edge;
use super::files::rust_files;

/// What the root is called in tables: its file's name. A name at the root that is no module, such as
/// a re-export, counts as a use of the root.
pub const ROOT: &str = "lib";

/// The top-level modules of a crate and the uses between them.
#[derive(Debug, Default)]
pub struct Modules {
    /// The modules, and the root.
    pub names: BTreeSet<String>,
    /// Who uses whom.
    pub edges: Vec<Edge>,
}

impl Modules {
    /// Reads the `src` folder of a crate.
    ///
    /// # Errors
    /// Where a file cannot be read as Rust.
    pub fn of(source: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for file in rust_files(source)? {
            let place = file.strip_prefix(source)?;
            let module = module_path(place);
            if module.iter().any(|name| name == "tests") {
                continue;
            }
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            files.push((place.display().to_string(), module, text));
        }
        Self::from_files(&files)
    }

    /// The same of files given as name, module path and text.
    fn from_files(files: &[(String, Vec<String>, String)]) -> Result<Self> {
        let mut names: BTreeSet<String> =
            files.iter().map(|(_, module, _)| top(module).to_owned()).collect();
        let mut trees = Vec::new();
        for (place, module, text) in files {
            let tokens: TokenStream =
                text.parse().map_err(|error| anyhow!("{place} is not read as Rust: {error}"))?;
            let tokens: Vec<TokenTree> = tokens.into_iter().collect();
            if module.is_empty() {
                names.extend(inline_modules(&tokens));
            }
            trees.push((place, module, tokens));
        }

        let mut edges = BTreeSet::new();
        for (place, module, tokens) in trees {
            let mut scan = Scan { names: &names, place, module: module.clone(), edges: &mut edges };
            scan.walk(&tokens);
        }
        Ok(Self { names, edges: edges.into_iter().collect() })
    }
}

/// One pass over the tokens of a file.
struct Scan<'a> {
    names: &'a BTreeSet<String>,
    place: &'a str,
    module: Vec<String>,
    edges: &'a mut BTreeSet<Edge>,
}

impl Scan<'_> {
    fn walk(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            if let Some(attribute) = attribute_for_tests(&tokens[at..]) {
                at += attribute + item_length(&tokens[at + attribute..]);
                continue;
            }
            if let Some((name, body)) = inline_module(&tokens[at..]) {
                self.module.push(name);
                self.walk(&body);
                self.module.pop();
                at += 3;
                continue;
            }
            match &tokens[at] {
                TokenTree::Group(group) => self.walk(&trees(group.stream())),
                TokenTree::Ident(_) if !continues_a_path(&tokens[..at]) => {
                    self.path(&tokens[at..]);
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Notes the modules that a path names, if it starts at the crate's root.
    fn path(&mut self, tokens: &[TokenTree]) {
        let first = tokens[0].to_string();
        let rest = match first.as_str() {
            "crate" => after_colons(&tokens[1..]),
            "self" if self.module.is_empty() => after_colons(&tokens[1..]),
            "super" => self.after_supers(tokens),
            name if self.module.is_empty() && self.names.contains(name) => {
                after_colons(&tokens[1..]).map(|_| tokens)
            }
            _ => None,
        };
        for head in rest.map(heads).unwrap_or_default() {
            self.note(head);
        }
    }

    /// What follows as many `super::` as lead to the root.
    fn after_supers<'t>(&self, mut tokens: &'t [TokenTree]) -> Option<&'t [TokenTree]> {
        let mut left = self.module.len();
        while tokens.first().is_some_and(|token| is_word(token, "super")) {
            left = left.checked_sub(1)?;
            tokens = after_colons(&tokens[1..])?;
        }
        (left == 0).then_some(tokens)
    }

    fn note(&mut self, head: Head) {
        let (module, to) = match head {
            Head::Name(name, inner) if self.names.contains(&name) => {
                let to = inner.map_or_else(|| name.clone(), |inner| format!("{name}::{inner}"));
                (name, to)
            }
            // an exported macro stands at the root, whichever module holds it
            Head::Macro => return,
            Head::Name(..) | Head::Everything => (ROOT.to_owned(), ROOT.to_owned()),
        };
        let from = top(&self.module);
        if from != module {
            self.edges.insert(Edge {
                from: from.to_owned(),
                to,
                optional: false,
                place: self.place.to_owned(),
            });
        }
    }
}

/// How a path goes on below the root.
enum Head {
    /// By a name, and by what is named inside it.
    Name(String, Option<String>),
    Macro,
    Everything,
}

fn heads(tokens: &[TokenTree]) -> Vec<Head> {
    let Some(TokenTree::Ident(name)) = tokens.first() else {
        return match tokens.first() {
            Some(TokenTree::Group(_)) => branches(tokens).iter().flat_map(|to| heads(to)).collect(),
            Some(token) if is_mark(token, '*') => vec![Head::Everything],
            _ => Vec::new(),
        };
    };
    if name == "self" {
        return Vec::new();
    }
    if tokens.get(1).is_some_and(|token| is_mark(token, '!')) {
        return vec![Head::Macro];
    }
    let inner = after_colons(&tokens[1..]).map(branches).unwrap_or_default();
    if inner.is_empty() {
        return vec![Head::Name(name.to_string(), None)];
    }
    inner
        .iter()
        .map(|inner| match inner.first() {
            Some(TokenTree::Ident(word)) if word != "self" => {
                Head::Name(name.to_string(), Some(word.to_string()))
            }
            _ => Head::Name(name.to_string(), None),
        })
        .collect()
}

/// The paths in `{a, b::c}`, or the one path that is not in braces.
fn branches(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    match tokens.first() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let inner = trees(group.stream());
            inner
                .split(|token| is_mark(token, ','))
                .filter(|path| !path.is_empty())
                .map(<[TokenTree]>::to_vec)
                .collect()
        }
        _ => vec![tokens.to_vec()],
    }
}

/// `src/a.rs` and `src/a/mod.rs` are `[a]`, `src/a/b.rs` is `[a, b]`, the root is empty.
fn module_path(place: &Path) -> Vec<String> {
    let place = place.with_extension("");
    let mut names: Vec<String> =
        place.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    let is_root = names.len() == 1 && matches!(names[0].as_str(), "lib" | "main");
    if is_root || names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

fn top(module: &[String]) -> &str {
    module.first().map_or(ROOT, String::as_str)
}

fn inline_modules(tokens: &[TokenTree]) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(attribute) = attribute_for_tests(&tokens[at..]) {
            at += attribute + item_length(&tokens[at + attribute..]);
            continue;
        }
        names.extend(inline_module(&tokens[at..]).map(|(name, _)| name));
        at += 1;
    }
    names
}

/// Reads `mod name { … }`.
fn inline_module(tokens: &[TokenTree]) -> Option<(String, Vec<TokenTree>)> {
    match tokens {
        [word, TokenTree::Ident(name), TokenTree::Group(body), ..]
            if is_word(word, "mod") && body.delimiter() == Delimiter::Brace =>
        {
            Some((name.to_string(), trees(body.stream())))
        }
        _ => None,
    }
}

/// The length of `#[cfg(test)]`, or of any condition that needs `test`.
fn attribute_for_tests(tokens: &[TokenTree]) -> Option<usize> {
    let [mark, TokenTree::Group(attribute), ..] = tokens else {
        return None;
    };
    let inner = trees(attribute.stream());
    let [word, TokenTree::Group(condition)] = inner.as_slice() else {
        return None;
    };
    (is_mark(mark, '#') && is_word(word, "cfg") && needs_test(&trees(condition.stream())))
        .then_some(2)
}

fn needs_test(condition: &[TokenTree]) -> bool {
    match condition {
        [word] => is_word(word, "test"),
        [word, TokenTree::Group(all)] if is_word(word, "all") => {
            trees(all.stream()).split(|token| is_mark(token, ',')).any(needs_test)
        }
        _ => false,
    }
}

/// How many tokens the next item has: to its `;` or its braces.
fn item_length(tokens: &[TokenTree]) -> usize {
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => is_mark(other, ';'),
    });
    end.map_or(tokens.len(), |end| end + 1)
}

/// Whether the next word is a later segment of a path, or the `crate` of `$crate`.
fn continues_a_path(before: &[TokenTree]) -> bool {
    match before {
        [.., first, second] if is_mark(first, ':') && is_mark(second, ':') => true,
        [.., last] => is_mark(last, '$'),
        [] => false,
    }
}

fn after_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [first, second, rest @ ..] if is_mark(first, ':') && is_mark(second, ':') => Some(rest),
        _ => None,
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn trees(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edges of made-up files, `from -> to`.
    fn edges(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|(place, text)| {
                let module = module_path(Path::new(place));
                ((*place).to_owned(), module, (*text).to_owned())
            })
            .collect();
        let mut edges: Vec<String> = Modules::from_files(&files)
            .unwrap()
            .edges
            .iter()
            .map(|edge| format!("{} -> {}", edge.from, edge.to))
            .collect();
        edges.dedup();
        edges
    }

    #[test]
    fn uses_and_paths_from_the_root_are_edges() {
        let text = "use crate::{b::{x::X, self}, c, self as root};
            fn f(d: Vec<crate::d::D>) -> usize { assert!(crate::e::YES); 1 }";
        let files = [("a.rs", text), ("b.rs", ""), ("c/mod.rs", ""), ("d.rs", ""), ("e.rs", "")];
        assert_eq!(edges(&files), ["a -> b", "a -> b::x", "a -> c", "a -> d::D", "a -> e::YES"]);
    }

    #[test]
    fn paths_through_super_are_followed_to_the_root() {
        let a = "use super::b; mod inner { use super::own; use super::super::c; }";
        let nested = "use super::own; use super::super::{d, b}; fn own() {}";
        let files = [("a.rs", a), ("b.rs", ""), ("c.rs", ""), ("d.rs", ""), ("a/n.rs", nested)];
        assert_eq!(edges(&files), ["a -> b", "a -> c", "a -> d"]);
    }

    #[test]
    fn names_at_the_root_that_are_no_modules_are_uses_of_the_root() {
        let files = [("a.rs", "use crate::Error; use crate::b::B;"), ("b.rs", "use crate::*;")];
        assert_eq!(edges(&files), ["a -> b::B", "a -> lib", "b -> lib"]);
    }

    #[test]
    fn root_uses_its_modules_with_or_without_a_prefix() {
        let root = "mod a; mod b; pub mod c { use super::a; pub use crate::b::B; }
            pub use a::A; fn f(x: b::B) { other::a::g(); self::c::h(); }";
        let files = [("lib.rs", root), ("a.rs", ""), ("b.rs", "")];
        assert_eq!(
            edges(&files),
            ["c -> a", "c -> b::B", "lib -> a::A", "lib -> b::B", "lib -> c::h"]
        );
    }

    #[test]
    fn code_for_tests_is_passed_over() {
        let text = "#[cfg(test)] use crate::b; #[cfg(all(unix, test))] #[path = \"x\"] mod t;
            #[cfg(test)] mod tests { use crate::c; } #[cfg(not(test))] fn f() { crate::d::f() }";
        let files = [("a.rs", text), ("b.rs", ""), ("c.rs", ""), ("d.rs", "")];
        assert_eq!(edges(&files), ["a -> d::f"]);
    }

    #[test]
    fn comments_strings_and_macros_for_the_caller_are_no_edges() {
        let text = "/// crate::b
            // crate::b
            pub(crate) const A: &str = \"crate::b\";
            macro_rules! m { () => { $crate::b::f() } }
            fn f() { crate::m!(); other::crate_::b(); }";
        assert_eq!(edges(&[("a.rs", text), ("b.rs", "")]), Vec::<String>::new());
    }

    #[test]
    fn file_that_is_no_rust_is_named() {
        let file = ("a.rs".to_owned(), vec!["a".to_owned()], "fn (".to_owned());
        let error = Modules::from_files(&[file]).unwrap_err().to_string();
        assert!(error.starts_with("a.rs is not read as Rust"), "{error}");
    }
}
