//! The declared return type, as the body is told it.
//!
//! Where it says `impl Trait` the body has `_`, and for lifetimes `'_`: both are inferred, and named
//! in a body a lifetime would count as one that needs its name.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, Lifetime, ParenthesizedGenericArguments, PathArguments, ReturnType,
    TraitBound, Type, TypeFnPtr, TypeParamBound,
};

use super::form::is_future;

/// The type of the function's value, `None` for `!`.
pub(super) fn value(returned: &ReturnType) -> Option<TokenStream> {
    match returned {
        ReturnType::Default => Some(quote!(())),
        ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => None,
        ReturnType::Type(_, ty) => Some(inferred(ty)),
    }
}

/// `T` of `impl Future<Output = T>`.
pub(super) fn output(returned: &ReturnType) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = returned else { return None };
    let Type::ImplTrait(ty) = &**ty else { return None };
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

    fn told(returned: &str) -> String {
        value(&syn::parse_str(returned).unwrap()).unwrap().to_string().replace(' ', "")
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
        let output = |text| output(&syn::parse_str(text).unwrap()).map(|ty| ty.to_string());
        let found = output("-> impl Send + std::future::Future<Output = Vec<impl Debug>>");
        assert_eq!(found.as_deref(), Some("Vec < _ >"));
        assert_eq!(output("-> impl Future"), None);
        assert_eq!(output("-> u8"), None);
    }
}
