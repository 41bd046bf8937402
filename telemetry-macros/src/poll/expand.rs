//! The element in the distributed slice.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ReturnType;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::model::Model;

/// The description of the poll, and a function without types of its own that calls it.
pub(super) fn declaration(model: &Model<'_>) -> TokenStream {
    let public = model.facade.public();
    let private = model.facade.private();
    let text = model.function.unraw().to_string();
    let name = model.name.as_ref().map_or_else(
        || quote!(::core::concat!(::core::module_path!(), "::", #text)),
        ToTokens::to_token_stream,
    );
    let (variant, returned, wrapped) = wrapper(model);
    let options = options(model);
    quote! {
        #[allow(deprecated)]
        const _: () = {
            fn __poll() -> #returned { #wrapped }

            static __POLL: #public::DeclaredPoll = #public::DeclaredPoll::new(
                #name,
                #private::crate_name(::core::option_env!("CARGO_PKG_NAME"), ::core::module_path!()),
                #private::crate_version(::core::option_env!("CARGO_PKG_VERSION")),
                #private::PollBody::#variant(__poll),
            ) #options;

            #private::register! { POLLS: &'static #public::DeclaredPoll = &__POLL }
        };
    }
}

/// The variant of the body, and what its function returns and does.
fn wrapper(model: &Model<'_>) -> (TokenStream, TokenStream, TokenStream) {
    let private = model.facade.private();
    let function = model.function;
    let result = quote!(#private::PollResult);
    if model.is_async {
        let outcome = outcome(model, &quote_spanned!(function.span()=> #function().await));
        let future = quote! {
            ::std::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = #result>>>
        };
        return (quote!(Async), future, quote!(::std::boxed::Box::pin(async { #outcome })));
    }
    let outcome = outcome(model, &quote_spanned!(function.span()=> #function()));
    (quote!(Blocking), result, outcome)
}

/// Whether it is a `Result` is found by its type, as in `#[span]`.
fn outcome(model: &Model<'_>, call: &TokenStream) -> TokenStream {
    let private = model.facade.private();
    let span = match model.output {
        ReturnType::Default => model.function.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let value = Ident::new("__value", Span::mixed_site().located_at(span));
    let no_value = quote_spanned!(span=> #private::no_value(#value););
    quote! {
        use #private::end::*;
        match (&&#private::Probe(&#call)).split() {
            ::core::result::Result::Ok(#value) => {
                #no_value
                ::core::result::Result::Ok(())
            }
            ::core::result::Result::Err(__error) => {
                ::core::result::Result::Err(#private::poll_error((&&&#private::Probe(__error)).reason()))
            }
        }
    }
}

fn options(model: &Model<'_>) -> TokenStream {
    let public = model.facade.public();
    let mut options = TokenStream::new();
    for (word, duration) in &model.durations {
        let word = Ident::new(word, Span::call_site());
        options.extend(quote! { .#word(#duration) });
    }
    if let Some(on_failure) = model.on_failure {
        let variant = Ident::new(on_failure.variant(), Span::call_site());
        options.extend(quote! { .with_on_failure(#public::OnFailure::#variant) });
    }
    options
}
