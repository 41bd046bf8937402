//! The code of a function under `#[span]`.
//!
//! What a line is for:
//! - the body stands once, in braces of its own, behind a return that is never taken: its `let` has
//!   the declared type, so that coercions and inference are those of the plain function;
//! - a sync body runs in a closure called by `once`, so that `return` and `?` end there and the body
//!   may still move and borrow as it did; the closure is not `move`, so that start fields may borrow;
//! - whether the value is a `Result` is found by method resolution on `Probe`, that is, by type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Pat;
use syn::spanned::Spanned;

use super::form::Form;
use super::model::{Model, Parameters};
use super::parse::{Body, Function};
use crate::dotted::Dotted;
use crate::kind::Kind;
use crate::{fields, parent};

pub(super) fn function(model: &Model<'_>) -> TokenStream {
    match model.form {
        Form::Sync => sync(model),
        Form::Tracked => tracked(model),
        Form::ReturnsFuture => returns_future(model),
        Form::ReturnsBoxed => returns_boxed(model),
        Form::Future => future(model),
        Form::Async => asynchronous(model),
    }
}

fn sync(model: &Model<'_>) -> TokenStream {
    let private = private();
    let alias = model.span.ident("__span");
    let guard = local("__guard");
    let value = local("__value");
    let begin = sync_span(model, &alias);
    let begin = quote! { let mut #guard = #begin; };
    let body = body(model);
    let closure = quote_spanned! {within(model)=> || { #body } };
    let statements = if model.returned.is_some() {
        let end = end(model, &alias, &quote!(#guard.leave()), &quote!(&#value));
        let give = give(&value.to_token_stream());
        quote! {
            #begin
            let #value = #private::once(#closure);
            if #guard.is_active() { #end }
            #give
        }
    } else {
        quote! { #begin #body }
    };
    let signature = model.function.signature.to_token_stream();
    emit(model, &signature, &statements, &[])
}

/// A span that ends by its guard alone: by value and not by `Err`, which the guard does not see.
fn tracked(model: &Model<'_>) -> TokenStream {
    let private = private();
    let alias = model.span.ident("__span");
    let guard = local("__guard");
    let begin = sync_span(model, &alias);
    let stop = fields::construct(&[], &alias, "Stop", model.span.span());
    let stop = Kind::Span.only(&model.span, &alias, &quote!(|| #stop));
    let body = block(model);
    // In braces of ours, which drop the temporaries of the body's tail before the guard.
    let body = quote_spanned! {within(model)=> { #body } };
    let statements = quote! {
        let #guard = #private::TrackedSpan::new(#begin, #stop);
        #body
    };
    let allow = quote! { #[allow(clippy::implicit_return)] };
    emit(model, &model.function.signature.to_token_stream(), &statements, &[allow])
}

/// Starts the span of a function that is not `async`.
fn sync_span(model: &Model<'_>, alias: &Ident) -> TokenStream {
    let start = start(model, alias);
    let parent = parent::option(model.parent.as_ref());
    let begin = quote! {
        if #alias.has_handlers() {
            #alias.enter(#start, #parent)
        } else {
            #alias.not_entered()
        }
    };
    Kind::Span.only(&model.span, alias, &begin)
}

/// The body runs at the call, and the future that it gives is wrapped.
fn returns_future(model: &Model<'_>) -> TokenStream {
    let alias = model.span.ident("__span");
    let parts = FutureParts::new(model, &alias);
    let mut call = call(model);
    if let Some(output) = &model.output {
        let private = private();
        call = quote_spanned! {at_output(model)=> #private::ready_with::<#output, _>(#call) };
    }
    let statements = give(&parts.instrument(&parts.begin, &call));
    emit(model, &model.function.signature.to_token_stream(), &statements, &[])
}

/// As [`returns_future`]; while nobody listens the box is the body's own.
fn returns_boxed(model: &Model<'_>) -> TokenStream {
    let private = private();
    let alias = model.span.ident("__span");
    let parts = FutureParts::new(model, &alias);
    let (begin, future) = (local("__begin"), local("__future"));
    let instrumented = parts.instrument(&quote!(#begin), &quote!(#future));
    let FutureParts { begin: condition, .. } = &parts;
    let call = call(model);
    let give_plain = give(&future.to_token_stream());
    let give_span = give(&quote!(#private::boxed(#instrumented)));
    let statements = quote! {
        let #begin = #condition;
        let #future = #call;
        if #begin.is_none() { #give_plain }
        #give_span
    };
    emit(model, &model.function.signature.to_token_stream(), &statements, &[])
}

/// `fn f(…) -> impl Future`, so that the arguments are stored once.
fn future(model: &Model<'_>) -> TokenStream {
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
    let instrumented = give(&instrument(model, &alias, &bindings));
    let allow = quote! { #[allow(refining_impl_trait, clippy::manual_async_fn)] };
    emit(model, &signature.to_token_stream(), &instrumented, &[allow])
}

fn asynchronous(model: &Model<'_>) -> TokenStream {
    let alias = model.span.ident("__span");
    let instrumented = instrument(model, &alias, &TokenStream::new());
    let awaited = quote! { #instrumented.await };
    let signature = model.function.signature.to_token_stream();
    if model.returned.is_none() {
        let allow = quote! { #[allow(clippy::implicit_return)] };
        return emit(model, &signature, &awaited, &[allow]);
    }
    emit(model, &signature, &give(&awaited), &[])
}

/// The body's future inside ours.
fn instrument(model: &Model<'_>, alias: &Ident, bindings: &TokenStream) -> TokenStream {
    let parts = FutureParts::new(model, alias);
    let body = body(model);
    let future = quote_spanned! {within(model)=> async move { #bindings #body } };
    parts.instrument(&parts.begin, &future)
}

/// What wrapping a future takes.
struct FutureParts {
    span: TokenStream,
    /// The start fields, if somebody listens.
    begin: TokenStream,
    /// A closure that ends the span.
    end: TokenStream,
}

impl FutureParts {
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
        Self {
            span: Kind::Span.only(&model.span, alias, &quote!(&#alias)),
            begin: Kind::Span.only(&model.span, alias, &begin),
            end: quote!(|#guard, #value| { #end }),
        }
    }

    fn instrument(&self, begin: &TokenStream, future: &TokenStream) -> TokenStream {
        let private = private();
        let Self { span, end, .. } = self;
        quote! { #private::instrument(#span, #begin, #future, #end) }
    }
}

/// The body's value, where that is a future.
fn call(model: &Model<'_>) -> TokenStream {
    let private = private();
    let body = body(model);
    let closure = quote_spanned! {within(model)=> || { #body } };
    quote! { #private::once(#closure) }
}

/// The user's block. In parentheses of ours, or its braces would be called unnecessary.
fn block(model: &Model<'_>) -> TokenStream {
    let block = model.body.block();
    quote_spanned! {within(model)=> (#block) }
}

/// The user's block behind a return that is never taken.
fn body(model: &Model<'_>) -> TokenStream {
    let block = block(model);
    let Some(returned) = &model.returned else { return block };
    let at_output = at_output(model);
    let value = Ident::new("__never", at_output);
    quote_spanned! {at_output=>
        #[allow(
            unreachable_code,
            clippy::diverging_sub_expression,
            clippy::empty_loop,
            clippy::let_unit_value,
            clippy::let_with_type_underscore,
            clippy::needless_return,
            clippy::unreachable
        )]
        if false {
            let #value: #returned = loop {};
            return #value;
        }
        #block
    }
}

/// The value of the function: a statement, or there would be an implicit return at the attribute.
fn give(value: &TokenStream) -> TokenStream {
    quote! { return #value; }
}

/// Our code that reports at the user's return type.
fn at_output(model: &Model<'_>) -> Span {
    let output = match &model.function.signature.output {
        syn::ReturnType::Default => model.body.group.span(),
        syn::ReturnType::Type(_, ty) => ty.span(),
    };
    Span::mixed_site().located_at(output)
}

/// Our code that reports at the user's body.
fn within(model: &Model<'_>) -> Span {
    Span::mixed_site().located_at(model.body.group.span())
}

/// The struct of the start fields.
fn start(model: &Model<'_>, alias: &Ident) -> TokenStream {
    fields::construct(&model.start, alias, "Start", model.span.span())
}

/// Ends the span that `guard` holds by the value that the function returns.
fn end(model: &Model<'_>, alias: &Ident, guard: &TokenStream, value: &TokenStream) -> TokenStream {
    let private = private();
    let stop_fields = model.stop.as_ref().map_or(&[][..], |stop| &stop.fields);
    let construct = if model.stop_is_broken { fields::construct_broken } else { fields::construct };
    let stop = construct(stop_fields, alias, "Stop", model.span.span());
    let (result, stopped, error) = (local("__result"), local("__stopped"), local("__error"));
    let binding = match model.stop.as_ref().and_then(|stop| stop.value.as_ref()) {
        // Of a pattern that names nothing a lint would say that it ignores a unit.
        None | Some(Pat::Wild(_)) => TokenStream::new(),
        Some(pattern) => quote! { let #pattern = #stopped; },
    };
    let split = if model.err_is_stop {
        quote! {
            let #result = match (&&#private::Probe(#value)).split() {
                ::core::result::Result::Ok(_) => #private::SpanResult::Ok,
                ::core::result::Result::Err(_) => #private::SpanResult::Error,
            };
            let #stopped = #value;
            #binding
            #private::stop_with(#guard, #stop, #result);
        }
    } else {
        quote! {
            match (&&#private::Probe(#value)).split() {
                ::core::result::Result::Ok(#stopped) => {
                    #binding
                    #private::stop_with(#guard, #stop, #private::SpanResult::Ok);
                }
                ::core::result::Result::Err(#error) => {
                    #private::fail_with(#guard, (&&&#private::Probe(#error)).reason());
                }
            }
        }
    };
    Kind::Span.only(&model.span, alias, &quote! { use #private::end::*; #split })
}

/// The function with its new signature and statements. The braces keep the user's span, or rustc
/// would not say where an unused function stands.
fn emit(
    model: &Model<'_>,
    signature: &TokenStream,
    statements: &TokenStream,
    added: &[TokenStream],
) -> TokenStream {
    let function = model.function;
    let attributes = &function.attributes;
    let inner_attributes = &model.body.inner_attributes;
    let visibility = &function.visibility;
    let defaultness = &function.defaultness;
    let span = model.span.import_as(&model.span.ident("__span"));
    let facade = model.facade.import_private_as(&private());
    let braces = model.body.group.span();
    let block = quote_spanned! {braces=> { #(#inner_attributes)* #span #facade #statements } };
    quote! {
        #(#attributes)*
        #(#added)*
        #visibility #defaultness #signature
        #block
    }
}

/// The function as it was, and what is there of the span's name, where an editor completes it.
pub(super) fn with_name(function: &Function, body: &Body, half: &Dotted) -> TokenStream {
    let Function { attributes, visibility, defaultness, signature, .. } = function;
    let Body { group, inner_attributes, statements } = body;
    let name = half.keep();
    let block = quote_spanned! {group.span()=> { #(#inner_attributes)* #name #statements } };
    quote! {
        #(#attributes)*
        #visibility #defaultness #signature
        #block
    }
}

/// What the function calls the facade's items for expansions.
fn private() -> Ident {
    Ident::new("__facade", Span::call_site())
}

/// A binding of ours that the user's code cannot see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
