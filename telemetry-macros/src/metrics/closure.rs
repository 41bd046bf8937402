//! Closures over the metadata, `|m| …`, or over metadata and measurements, `|m, x| …`.
//!
//! They are not called: their patterns are bound and their bodies stand in a function, so that they
//! may return what they borrow and type errors point at the user's tokens.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, ExprBlock, ExprClosure, Result, ReturnType, UnOp};

use super::literal::ungrouped;

/// One closure as it is written.
pub(super) struct Closure {
    written: ExprClosure,
}

impl Parse for Closure {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let expression = input.parse()?;
        Self::from_expression(&expression).ok_or_else(|| {
            syn::Error::new_spanned(
                expression,
                "expected a closure over the metadata, `|m| …`, or over metadata and measurements, `|m, x| …`",
            )
        })
    }
}

impl Closure {
    /// The expression, if it is a closure.
    pub(super) fn from_expression(expression: &Expr) -> Option<Self> {
        match ungrouped(expression) {
            Expr::Closure(closure) => Some(Self { written: closure.clone() }),
            _ => None,
        }
    }

    pub(super) fn written(&self) -> &ExprClosure {
        &self.written
    }

    /// Where messages about its value point.
    pub(super) fn span(&self) -> Span {
        self.written.body.span()
    }

    /// The body. The braces of a block are not the user's any more: rustc calls them unnecessary in
    /// some places where they stand then.
    fn body(&self) -> TokenStream {
        let body = &self.written.body;
        let Expr::Block(ExprBlock { attrs, label: None, block }) = &**body else {
            return body.to_token_stream();
        };
        let statements = &block.stmts;
        let mut braces = Group::new(Delimiter::Brace, quote! { #(#statements)* });
        braces.set_span(Span::mixed_site().located_at(self.span()));
        quote! { #(#attrs)* #braces }
    }

    /// The end of a function's block: what the closure gives, its parameters bound to these.
    pub(super) fn end_of_function(&self, sources: [TokenStream; 2]) -> TokenStream {
        let bindings = self.bindings(sources);
        let body = self.body();
        match &self.written.output {
            ReturnType::Default => quote! { #bindings #body },
            ReturnType::Type(_, output) => quote! {
                #bindings
                let __value: #output = #body;
                __value
            },
        }
    }

    /// An expression in the midst of a function: what the closure gives. `once` calls a closure.
    pub(super) fn expression(&self, sources: [TokenStream; 2], once: &TokenStream) -> TokenStream {
        let bindings = self.bindings(sources);
        let body = self.body();
        let output = &self.written.output;
        let is_plain = matches!(output, ReturnType::Default) && !leaves(body.clone());
        if is_plain {
            return quote! { { #bindings #body } };
        }
        quote_spanned! {self.span()=> { #bindings #once(|| #output { #body }) } }
    }

    /// The same of a place that is named: a reference to it.
    pub(super) fn reference(&self, sources: [TokenStream; 2]) -> TokenStream {
        let bindings = self.bindings(sources);
        let body = &self.written.body;
        quote_spanned! {self.span()=> { #bindings &#body } }
    }

    fn bindings(&self, sources: [TokenStream; 2]) -> TokenStream {
        let patterns = self.written.inputs.iter();
        patterns.zip(sources).map(|(pattern, source)| quote! { let #pattern = #source; }).collect()
    }

    /// What the closure refers to, if it is a part of what it is given, `|m| m.request`, or a
    /// reference to one.
    pub(super) fn place(&self) -> Option<Place> {
        match ungrouped(&self.written.body) {
            Expr::Reference(reference) if reference.mutability.is_none() => {
                is_place(&reference.expr).then_some(Place::Referred)
            }
            body => (is_place(body) && !matches!(body, Expr::Path(_))).then_some(Place::Named),
        }
    }
}

/// How a closure gives a part of what it is given.
pub(super) enum Place {
    /// `m.request`
    Named,
    /// `&m.request`
    Referred,
}

fn is_place(expression: &Expr) -> bool {
    match ungrouped(expression) {
        Expr::Path(path) => path.path.get_ident().is_some(),
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && is_place(&unary.expr),
        _ => false,
    }
}

/// Whether the code may leave the function that it stands in, by `return` or `?`.
fn leaves(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(group) => leaves(group.stream()),
        TokenTree::Literal(_) => false,
    })
}

impl ToTokens for Closure {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.written.to_tokens(tokens);
    }
}
