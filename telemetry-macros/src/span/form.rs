//! How a function's body is wrapped, which its signature decides.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, Pat, Signature};

use super::parse::Function;
use super::returned;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A guard beside the body, which runs in a closure.
    Sync,
    /// A guard beside the body, which stays in the function itself: `#[track_caller]` holds for no
    /// closure.
    Tracked,
    /// The function returns the wrapped future itself, so that arguments are stored once.
    Future,
    /// `async fn` stays: another attribute below ours may want to see one, or it never returns, or
    /// start fields read what only the pattern of an argument binds.
    Async,
    /// A function that is not `async` and returns `impl Future`: the future is timed.
    ReturnsFuture,
    /// One that returns a boxed future, as `#[async_trait]` makes them.
    ReturnsBoxed,
}

impl Form {
    /// `read` are the words in what is computed when the function is called.
    pub(super) fn of(function: &Function, read: &HashSet<String>) -> Self {
        let signature = &function.signature;
        if signature.asyncness.is_some() {
            let stays = returned::is_never(&signature.output)
                || function.attributes.iter().any(is_foreign)
                || patterns_bind(signature, read);
            return if stays { Self::Async } else { Self::Future };
        }
        if function.is_tracked() {
            return Self::Tracked;
        }
        if returned::is_impl_future(&signature.output) {
            Self::ReturnsFuture
        } else if returned::is_boxed_future(&signature.output) {
            Self::ReturnsBoxed
        } else {
            Self::Sync
        }
    }
}

impl Function {
    pub(super) fn is_tracked(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.path().is_ident("track_caller"))
    }
}

/// Whether an argument's pattern, other than a plain name, binds one of the words.
fn patterns_bind(signature: &Signature, words: &HashSet<String>) -> bool {
    struct Binds<'w> {
        words: &'w HashSet<String>,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Binds<'_> {
        fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
            self.found |= self.words.contains(&pattern.ident.to_string());
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut binds = Binds { words, found: false };
    for input in &signature.inputs {
        if let FnArg::Typed(typed) = input
            && !matches!(&*typed.pat, Pat::Ident(_))
        {
            binds.visit_pat(&typed.pat);
        }
    }
    binds.found
}

/// Whether another macro may be behind the attribute. `must_use` counts as one: on an `async fn` it
/// speaks of the value, on a function that returns a future of the future.
fn is_foreign(attribute: &Attribute) -> bool {
    const BUILT_IN: [&str; 13] = [
        "allow",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "diagnostic",
        "doc",
        "expect",
        "forbid",
        "inline",
        "rustfmt",
        "track_caller",
        "warn",
    ];
    let first = attribute.path().segments.first();
    !first.is_some_and(|first| {
        let first = first.ident.to_string();
        BUILT_IN.contains(&first.as_str()) || first == "clippy" || first == "unsafe"
    })
}
