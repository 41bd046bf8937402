//! The code of a function under `#[span]`.
//!
//! What a line is for:
//! - the body stands once, in braces of its own, behind a return that is never taken: its `let` has
//!   the declared type, so that coercions and inference are those of the plain function;
//! - a sync body runs in a closure called by `once`, so that `return` and `?` end there and the body
//!   may still move and borrow as it did; the closure is not `move`, so that start fields may borrow;
//! - whether the value is a `Result` is found by method resolution on `Probe`, that is, by type.

mod body;
mod future;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Pat;

use self::body::{block, body, closure, give, within};
use super::form::Form;
use super::model::Model;
use super::parse::{Body, Function};
use crate::dotted::Dotted;
use crate::kind::Kind;
use crate::{fields, parent};

/// What the function calls the facade's items for expansions.
const PRIVATE: &str = "__facade";

pub(super) fn function(model: &Model<'_>) -> TokenStream {
    match model.form {
        Form::Sync => sync(model),
        Form::Tracked => tracked(model),
        Form::ReturnsFuture => future::returned(model),
        Form::ReturnsBoxed => future::boxed(model),
        Form::Future => future::of_arguments(model),
        Form::Async => future::awaited(model),
    }
}

fn sync(model: &Model<'_>) -> TokenStream {
    let private = private();
    let alias = model.span.ident("__span");
    let guard = local("__guard");
    let value = Ident::new("__value", within(model));
    let begin = sync_span(model, &alias);
    let begin = quote! { let mut #guard = #begin; };
    let body = body(model);
    let closure = closure(model, &body);
    let statements = if model.returned.is_some() {
        let end = end(model, &alias, &quote!(#guard.leave()), &quote!(&#value));
        let give = give(model, &value.to_token_stream());
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

fn private() -> Ident {
    Ident::new(PRIVATE, Span::call_site())
}

/// A binding of ours that the user's code cannot see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

#[cfg(test)]
mod tests {
    use proc_macro2::{TokenStream, TokenTree};

    use super::super::expand;

    /// A function of every form; the body is the same.
    const FUNCTIONS: [&str; 8] = [
        "fn f(a: &str) -> Result<u8, E>",
        "fn f(a: &str)",
        "fn f(a: &str) -> !",
        "#[track_caller] fn f(a: &str) -> u8",
        "fn f(a: &str) -> impl Future<Output = u8>",
        "fn f(a: &str) -> Pin<Box<dyn Future<Output = u8>>>",
        "async fn f(a: &str) -> Result<u8, E>",
        "#[foreign] async fn f(a: &str) -> u8",
    ];
    const BODY: &str = "{ let one = the_body (a) ? ; if one { return the_tail () } other . await }";

    fn expansions() -> impl Iterator<Item = TokenStream> {
        let arguments: TokenStream = "a.b, id = a.len(), parent = here()".parse().unwrap();
        FUNCTIONS.iter().map(move |function| {
            expand(arguments.clone(), &format!("{function} {BODY}").parse().unwrap())
        })
    }

    fn count(tokens: TokenStream) -> usize {
        let count = |token| match token {
            TokenTree::Group(group) => 2 + count(group.stream()),
            _ => 1,
        };
        tokens.into_iter().map(count).sum()
    }

    #[test]
    fn body_stands_once_and_as_it_is() {
        for expansion in expansions() {
            let expansion = expansion.to_string();
            assert_eq!(expansion.matches(BODY).count(), 1, "{expansion}");
            assert_eq!(expansion.matches("the_body").count(), 1, "{expansion}");
        }
    }

    #[test]
    fn expansion_is_short() {
        for (function, expansion) in FUNCTIONS.iter().zip(expansions()) {
            let own: TokenStream = format!("{function} {BODY}").parse().unwrap();
            let added = count(expansion) - count(own);
            assert!(added <= 350, "{function}: {added} tokens");
        }
    }

    #[test]
    fn nothing_static_is_made_for_a_function() {
        for expansion in expansions() {
            let expansion = expansion.to_string();
            let words = ["static ", "const ", "thread_local", "format_args", "Box ::"];
            assert!(!words.iter().any(|word| expansion.contains(word)), "{expansion}");
        }
    }
}
