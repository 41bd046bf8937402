//! Functions whose value is a future, which becomes part of ours.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::super::model::{Model, Parameters};
use super::body::{at_output, body, closure, give, within};
use super::{PRIVATE, emit, end, local, private, start};
use crate::kind::Kind;
use crate::parent;

/// The body runs at the call, and the future that it gives is wrapped.
pub(super) fn returned(model: &Model<'_>) -> TokenStream {
    let alias = model.span.ident("__span");
    let parts = Parts::new(model, &alias);
    let statements = give(model, &parts.instrument(&parts.begin, &call(model)));
    emit(model, &model.function.signature.to_token_stream(), &statements, &[])
}

/// As [`returned`]; while nobody listens the box is the body's own.
pub(super) fn boxed(model: &Model<'_>) -> TokenStream {
    let private = private();
    let alias = model.span.ident("__span");
    let parts = Parts::new(model, &alias);
    let (begin, future) = (local("__begin"), local("__future"));
    let instrumented = parts.instrument(&quote!(#begin), &quote!(#future));
    let Parts { begin: condition, .. } = &parts;
    let call = call(model);
    let give_plain = give(model, &future.to_token_stream());
    let give_span = give(model, &quote!(#private::boxed(#instrumented)));
    let statements = quote! {
        let #begin = #condition;
        let #future = #call;
        if #begin.is_none() { #give_plain }
        #give_span
    };
    emit(model, &model.function.signature.to_token_stream(), &statements, &[])
}

/// `fn f(…) -> impl Future`, so that the arguments are stored once.
pub(super) fn of_arguments(model: &Model<'_>) -> TokenStream {
    let alias = model.span.ident("__span");
    let mut signature = model.function.signature.clone();
    let Parameters { inputs, bindings } = Parameters::new(&signature.inputs, &model.read);
    signature.asyncness = None;
    signature.inputs = inputs.into_iter().collect();
    let output = match &signature.output {
        syn::ReturnType::Default => quote!(()),
        syn::ReturnType::Type(_, ty) => ty.to_token_stream(),
    };
    // Of the macro's own edition, whose `impl` captures all lifetimes.
    let at_output = at_output(model);
    signature.output = syn::parse_quote_spanned! {at_output=>
        -> impl ::core::future::Future<Output = #output>
    };
    let instrumented = give(model, &instrument(model, &alias, &bindings));
    let allow = quote! { #[allow(refining_impl_trait, clippy::manual_async_fn)] };
    emit(model, &signature.to_token_stream(), &instrumented, &[allow])
}

/// `async fn` stays, with our future in it.
pub(super) fn awaited(model: &Model<'_>) -> TokenStream {
    let alias = model.span.ident("__span");
    let instrumented = instrument(model, &alias, &TokenStream::new());
    let awaited = quote! { #instrumented.await };
    let signature = model.function.signature.to_token_stream();
    if model.returned.is_none() {
        let allow = quote! { #[allow(clippy::implicit_return)] };
        return emit(model, &signature, &awaited, &[allow]);
    }
    emit(model, &signature, &give(model, &awaited), &[])
}

/// The body's future inside ours.
fn instrument(model: &Model<'_>, alias: &Ident, bindings: &TokenStream) -> TokenStream {
    let parts = Parts::new(model, alias);
    let body = body(model);
    let future = quote_spanned! {within(model)=> async move { #bindings #body } };
    parts.instrument(&parts.begin, &future)
}

/// What wrapping a future takes.
struct Parts {
    within: Span,
    /// The function of the facade that wraps it.
    instrument: TokenStream,
    span: TokenStream,
    /// The start fields, if somebody listens.
    begin: TokenStream,
    /// A closure that ends the span.
    end: TokenStream,
}

impl Parts {
    fn new(model: &Model<'_>, alias: &Ident) -> Self {
        let guard = local("__guard");
        let value = local("__value");
        let start = start(model, alias);
        let parent = parent::context(model.parent.as_ref(), &private());
        let end = if model.returned.is_some() {
            end(model, alias, &quote!(#guard), &quote!(#value))
        } else {
            quote!(match *#value {})
        };
        let begin = quote! {
            if #alias.has_handlers() {
                ::core::option::Option::Some((#start, #parent))
            } else {
                ::core::option::Option::None
            }
        };
        // At the body, where rustc points if the value does not live long enough.
        let within = within(model);
        let private = Ident::new(PRIVATE, within);
        let instrument = if let Some(output) = &model.output {
            // What the future is ready with may be left to the signature.
            quote!(instrument_ready_with::<#output, _, _, _>)
        } else {
            quote!(instrument)
        };
        Self {
            within,
            instrument: quote_spanned! {within=> #private::#instrument },
            span: Kind::Span.only(&model.span, alias, &quote!(&#alias)),
            begin: Kind::Span.only(&model.span, alias, &begin),
            end: quote!(|#guard, #value| { #end }),
        }
    }

    fn instrument(&self, begin: &TokenStream, future: &TokenStream) -> TokenStream {
        let Self { within, instrument, span, end, .. } = self;
        quote_spanned! {*within=> #instrument(#span, #begin, #future, #end) }
    }
}

/// The body's value, where that is a future.
fn call(model: &Model<'_>) -> TokenStream {
    let private = private();
    let closure = closure(model, &body(model));
    quote! { #private::once(#closure) }
}
