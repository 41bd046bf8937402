//! How a function's body is wrapped, which its signature decides.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{
    Attribute, FnArg, GenericArgument, Pat, PathArguments, ReturnType, Signature, Type,
    TypeParamBound,
};

use super::parse::Function;

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
            let stays = returns_never(&signature.output)
                || function.attributes.iter().any(is_foreign)
                || patterns_bind(signature, read);
            return if stays { Self::Async } else { Self::Future };
        }
        if function.is_tracked() {
            return Self::Tracked;
        }
        match &signature.output {
            ReturnType::Type(_, ty) if is_impl_future(ty) => Self::ReturnsFuture,
            ReturnType::Type(_, ty) if is_boxed_future(ty) => Self::ReturnsBoxed,
            _ => Self::Sync,
        }
    }
}

impl Function {
    pub(super) fn is_tracked(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.path().is_ident("track_caller"))
    }
}

fn returns_never(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)))
}

fn is_impl_future(ty: &Type) -> bool {
    matches!(ty, Type::ImplTrait(ty) if ty.bounds.iter().any(is_future))
}

/// `Pin<Box<dyn Future>>`, and the aliases that the `futures` crates have for it.
fn is_boxed_future(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return true;
    }
    let is_box = |ty: &Type| match argument(ty, "Box") {
        Some(Type::TraitObject(object)) => object.bounds.iter().any(is_future),
        _ => false,
    };
    argument(ty, "Pin").is_some_and(is_box)
}

/// `T` of `Name<T>`.
fn argument<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

pub(super) fn is_future(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else { return false };
    bound.path.segments.last().is_some_and(|last| last.ident == "Future")
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
