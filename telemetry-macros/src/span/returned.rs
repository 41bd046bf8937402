//! The declared return type: what it says of the function, and as the body is told it.
//!
//! Where it says `impl Trait` the body has `_`, and for lifetimes `'_`: both are inferred, and named
//! in a body a lifetime would count as one that needs its name.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, Lifetime, ParenthesizedGenericArguments, PathArguments, ReturnType, Signature,
    TraitBound, Type, TypeFnPtr, TypeParamBound,
};

/// The type of the function's value, `None` for `!`.
pub(super) fn value(signature: &Signature) -> Option<TokenStream> {
    match &signature.output {
        ReturnType::Default => Some(quote!(())),
        returned if is_never(returned) => None,
        ReturnType::Type(_, ty) => Some(inferred(ty)),
    }
}

/// `T` of `impl Future<Output = T>`.
pub(super) fn output(signature: &Signature) -> Option<TokenStream> {
    let Type::ImplTrait(ty) = declared(&signature.output)? else { return None };
    let future = ty.bounds.iter().find(|bound| is_future(bound))?;
    let TypeParamBound::Trait(future) = future else { return None };
    let PathArguments::AngleBracketed(arguments) = &future.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => {
            Some(inferred(&output.ty))
        }
        _ => None,
    })
}

pub(super) fn is_never(returned: &ReturnType) -> bool {
    matches!(declared(returned), Some(Type::Never(_)))
}

pub(super) fn is_impl_future(returned: &ReturnType) -> bool {
    match declared(returned) {
        Some(Type::ImplTrait(ty)) => ty.bounds.iter().any(is_future),
        _ => false,
    }
}

/// `Pin<Box<dyn Future>>`, and the aliases that the `futures` crates have for it.
pub(super) fn is_boxed_future(returned: &ReturnType) -> bool {
    let Some(ty) = declared(returned) else { return false };
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

/// The type that is written, without what only groups it.
fn declared(returned: &ReturnType) -> Option<&Type> {
    match returned {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(ungrouped(ty)),
    }
}

/// Without parentheses, and the invisible ones around what a macro was given.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(group) => ungrouped(&group.elem),
        _ => ty,
    }
}

/// `T` of `Name<T>`.
fn argument<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ungrouped(ty)),
        _ => None,
    })
}

fn is_future(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else { return false };
    bound.path.segments.last().is_some_and(|last| last.ident == "Future")
}

/// With `_` for `impl Trait` and `'_` for lifetimes.
fn inferred(ty: &Type) -> TokenStream {
    let mut ty = ty.clone();
    Erase { lifetimes: true }.visit_type_mut(&mut ty);
    ty.into_token_stream()
}

struct Erase {
    /// Not among the arguments of functions, where `'_` is any lifetime, nor under `for<'a>`.
    lifetimes: bool,
}

impl Erase {
    fn keeping_lifetimes() -> Self {
        Self { lifetimes: false }
    }
}

impl VisitMut for Erase {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            *ty = syn::parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if self.lifetimes && lifetime.ident != "static" {
            lifetime.ident = Ident::new("_", lifetime.ident.span());
        }
    }

    fn visit_type_fn_ptr_mut(&mut self, pointer: &mut TypeFnPtr) {
        visit_mut::visit_type_fn_ptr_mut(&mut Self::keeping_lifetimes(), pointer);
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        arguments: &mut ParenthesizedGenericArguments,
    ) {
        let mut keeping = Self::keeping_lifetimes();
        visit_mut::visit_parenthesized_generic_arguments_mut(&mut keeping, arguments);
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        let lifetimes = self.lifetimes && bound.lifetimes.is_none();
        visit_mut::visit_trait_bound_mut(&mut Self { lifetimes }, bound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> Signature {
        syn::parse_str(text).unwrap()
    }

    fn told(returned: &str) -> String {
        value(&signature(&format!("fn f() {returned}"))).unwrap().to_string().replace(' ', "")
    }

    #[test]
    fn what_is_inferred_is_not_named() {
        assert_eq!(told("-> Result<(impl Send, u8), &'a str>"), "Result<(_,u8),&'_str>");
        assert_eq!(told("-> Box<dyn Debug + 'a>"), "Box<dynDebug+'_>");
        assert_eq!(told("-> Self::Item<'a>"), "Self::Item<'_>");
        assert_eq!(told("-> &'static str"), "&'staticstr");
        assert_eq!(told("-> Box<dyn for<'b> Get<'b, impl Send>>"), "Box<dynfor<'b>Get<'b,_>>");
    }

    #[test]
    fn lifetimes_of_functions_keep_their_names() {
        for ty in
            ["Box<dyn Fn(&'a u8)->&'a u8>", "fn(&'a u8)->&'a u8", "Box<dyn for<'b> Get<'b,'a>>"]
        {
            assert_eq!(told(&format!("-> {ty}")), ty.replace(' ', ""));
        }
    }

    #[test]
    fn output_of_a_future_is_found() {
        let output = |text| output(&signature(text)).map(|ty| ty.to_string());
        let found = output("fn f() -> impl Send + std::future::Future<Output = Vec<impl Debug>>");
        assert_eq!(found.as_deref(), Some("Vec < _ >"));
        assert_eq!(output("fn f() -> impl Future"), None);
        assert_eq!(output("fn f() -> u8"), None);
    }
}
