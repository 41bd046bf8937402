//! What a function under `#[span]` becomes.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Expr, FnArg, Pat};

use super::form::Form;
use super::parse::{Arguments, Body, Function, Stop};
use super::returned;
use crate::dotted::Dotted;
use crate::fields::FieldValue;
use crate::paths::Facade;

pub(super) struct Model<'f> {
    pub(super) facade: Facade,
    pub(super) function: &'f Function,
    pub(super) body: &'f Body,
    pub(super) form: Form,
    pub(super) span: Dotted,
    pub(super) start: Vec<FieldValue>,
    pub(super) stop: Option<Stop>,
    /// Whether `stop` was meant to be there and is not: its fields are not missing then.
    pub(super) stop_is_broken: bool,
    pub(super) err_is_stop: bool,
    pub(super) parent: Option<Expr>,
    /// The words in what is computed when the function is called, its arguments among them.
    pub(super) read: HashSet<String>,
    /// The type of the function's value, `None` for `!`.
    pub(super) returned: Option<TokenStream>,
    /// What the future is ready with that the function returns, where it says so.
    pub(super) output: Option<TokenStream>,
}

impl<'f> Model<'f> {
    pub(super) fn new(
        function: &'f Function,
        body: &'f Body,
        span: Dotted,
        arguments: Arguments,
    ) -> Self {
        let read = words_at_the_start(&arguments);
        let form = Form::of(function, &read);
        Self {
            facade: arguments
                .facade
                .into_iter()
                .next()
                .map_or_else(Facade::default, |(_, facade)| facade),
            function,
            body,
            form,
            span,
            start: arguments.start,
            stop_is_broken: arguments.stop.is_empty() && arguments.stop_is_broken,
            stop: arguments.stop.into_iter().next(),
            err_is_stop: !arguments.err.is_empty(),
            parent: arguments.parent.into_iter().next().map(|(_, context)| context),
            read,
            returned: returned::value(&function.signature),
            output: returned::output(&function.signature),
        }
    }
}

fn words_at_the_start(arguments: &Arguments) -> HashSet<String> {
    fn collect(tokens: TokenStream, words: &mut HashSet<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(word) => drop(words.insert(word.to_string())),
                TokenTree::Group(group) => collect(group.stream(), words),
                TokenTree::Literal(literal) => words.extend(formatted(&literal.to_string())),
                TokenTree::Punct(_) => {}
            }
        }
    }
    let mut words = HashSet::new();
    for field in &arguments.start {
        match &field.value {
            Some(value) => collect(value.to_token_stream(), &mut words),
            None => drop(words.insert(field.name.to_string())),
        }
    }
    for (_, context) in &arguments.parent {
        collect(context.to_token_stream(), &mut words);
    }
    words
}

/// The names in the braces of a literal, which may be a format: `name` of `"{name:?}"`.
fn formatted(literal: &str) -> impl Iterator<Item = String> {
    literal.split('{').skip(1).map(|braces| {
        braces.chars().take_while(|next| next.is_alphanumeric() || *next == '_').collect()
    })
}

/// The parameters of a function whose body moves into a future: plain names in the signature, and
/// the statements that bind the user's patterns inside.
pub(super) struct Parameters {
    pub(super) inputs: Vec<FnArg>,
    pub(super) bindings: TokenStream,
}

impl Parameters {
    /// An argument that is `read` when the function is called is used, whatever the body does.
    pub(super) fn new<'a>(
        inputs: impl IntoIterator<Item = &'a FnArg>,
        read: &HashSet<String>,
    ) -> Self {
        let mut parameters = Self { inputs: Vec::new(), bindings: TokenStream::new() };
        for (index, input) in inputs.into_iter().enumerate() {
            let mut input = input.clone();
            let binding = match &mut input {
                FnArg::Receiver(receiver) => receiver_binding(receiver),
                FnArg::Typed(typed) => {
                    // `cfg`, and lints, which then speak of the binding.
                    let attributes = typed.attrs.clone();
                    let (pattern, binding) = pattern_binding(&typed.pat, index);
                    let used = match &pattern {
                        Pat::Ident(syn::PatIdent { ident, .. })
                            if read.contains(&ident.to_string()) =>
                        {
                            quote! { #(#attributes)* let _ = &#ident; }
                        }
                        _ => TokenStream::new(),
                    };
                    *typed.pat = pattern;
                    quote! { #(#attributes)* #binding #used }
                }
            };
            parameters.inputs.push(input);
            parameters.bindings.extend(binding);
        }
        parameters
    }
}

/// Takes `self` into the future, used or not, so that it is dropped when the future is done.
fn receiver_binding(receiver: &syn::Receiver) -> TokenStream {
    let this = receiver.self_token;
    quote! { let _ = &#this; }
}

fn pattern_binding(pattern: &Pat, index: usize) -> (Pat, TokenStream) {
    if let Pat::Ident(ident) = pattern
        && ident.by_ref.is_none()
        && ident.subpat.is_none()
    {
        let name = &ident.ident;
        let mut plain = ident.clone();
        plain.mutability = None;
        // At our own span, or an argument that the body ignores would count as used.
        let binding = quote! {
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_same,
                clippy::used_underscore_binding
            )]
            let #pattern = #name;
        };
        return (Pat::Ident(plain), binding);
    }
    let name: Ident = format_ident!("__argument{index}", span = Span::mixed_site());
    let plain: Pat = syn::parse_quote!(#name);
    (plain, quote! { let #name = #name; let #pattern = #name; })
}
