//! The types of fields: written by the user as if they stood where the block does, emitted into modules
//! below it.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Lifetime, PathArguments, Type};

/// Writes `'a` where a lifetime was left out, the standard library's paths for `Duration` and
/// `dyn Error`, and `self` and `super` as they are called `depth` modules below. Says whether the type
/// borrows.
pub(super) fn write(ty: &mut Type, depth: usize) -> bool {
    let mut writer = Writer { depth, borrows: false };
    writer.visit_type_mut(ty);
    writer.borrows
}

/// A written type, one module further down.
pub(super) fn deeper(mut ty: Type) -> Type {
    struct Deeper;
    impl VisitMut for Deeper {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            if let Some(first) = path.segments.first().filter(|first| first.ident == "super") {
                let up = first.clone();
                path.segments.insert(0, up);
            }
            visit_mut::visit_path_mut(self, path);
        }
    }
    Deeper.visit_type_mut(&mut ty);
    ty
}

struct Writer {
    depth: usize,
    borrows: bool,
}

impl Writer {
    fn lifetime(&mut self, span: Span) -> Lifetime {
        self.borrows = true;
        Lifetime::new("'a", span)
    }
}

impl VisitMut for Writer {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.lifetime(reference.and_token.span));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.lifetime(lifetime.span());
        }
    }

    /// Lifetimes that are left out in a function's type are its own.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        _: &mut syn::ParenthesizedGenericArguments,
    ) {
    }

    fn visit_type_path_mut(&mut self, path: &mut syn::TypePath) {
        if path.path.is_ident("Duration") {
            let span = path.path.segments[0].ident.span();
            path.path = syn::parse_quote_spanned!(span=> ::core::time::Duration);
        }
        visit_mut::visit_type_path_mut(self, path);
    }

    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        let first = path.segments.first().map(|segment| segment.ident.clone());
        if let Some(first) = first.filter(|first| first == "self" || first == "super") {
            let ups = vec![syn::PathSegment::from(Ident::new("super", first.span())); self.depth];
            let own = path.segments.iter().skip(usize::from(first == "self")).cloned();
            path.segments = ups.into_iter().chain(own).collect();
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut syn::TraitBound) {
        if bound.path.is_ident("Error") {
            let span = bound.path.segments[0].ident.span();
            bound.path = syn::parse_quote_spanned!(span=> ::core::error::Error);
        }
        visit_mut::visit_trait_bound_mut(self, bound);
    }
}

/// Whether the type is written like a number's; an alias of one is not.
pub(super) fn is_number(ty: &Type) -> bool {
    const NUMBERS: [&str; 15] = [
        "Duration", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
        "u64", "u128", "usize",
    ];
    let path = match ty {
        // `check` has spoken
        Type::Reference(_) => return true,
        Type::Path(path) => path,
        _ => return false,
    };
    if let Some(name) = path.path.get_ident() {
        return NUMBERS.iter().any(|number| name == number);
    }
    match path.path.segments.last() {
        Some(syn::PathSegment { ident, arguments: PathArguments::AngleBracketed(arguments) })
            if ident == "Option" =>
        {
            arguments.args.iter().all(|argument| match argument {
                GenericArgument::Type(ty) => is_number(ty),
                _ => false,
            })
        }
        _ => false,
    }
}

/// The type as a person writes it.
pub(super) fn name(ty: &Type) -> String {
    let mut name = ty.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        ("& ", "&"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("( ", "("),
        (" )", ")"),
        ("[ ", "["),
        (" ]", "]"),
        (" ;", ";"),
    ] {
        name = name.replace(spaced, tight);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, depth: usize) -> String {
        let mut ty = syn::parse_str(text).unwrap();
        write(&mut ty, depth);
        name(&ty)
    }

    #[test]
    fn paths_mean_what_they_mean_where_the_block_stands() {
        assert_eq!(written("super::Grams", 2), "super::super::super::Grams");
        assert_eq!(written("&self::a::B", 2), "&'a super::super::a::B");
        assert_eq!(written("Option<crate::A>", 2), "Option<crate::A>");
        let mut ty = syn::parse_str("super::Grams").unwrap();
        write(&mut ty, 1);
        assert_eq!(name(&deeper(ty)), "super::super::super::Grams");
    }

    #[test]
    fn lifetimes_and_the_names_of_the_standard_library_are_written_out() {
        assert_eq!(written("Result<(), &dyn Error>", 1), "Result<(), &'a dyn::core::error::Error>");
        assert_eq!(written("Cow<'_, str>", 1), "Cow<'a, str>");
        assert_eq!(written("Duration", 1), "::core::time::Duration");
    }
}
