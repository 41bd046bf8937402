//! The grammar of `#[span]`'s arguments, and of the function below it: its signature precisely, its
//! body as tokens, so that what the user is still typing stays as it is.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Pat, Result, Signature, Token, Visibility, parenthesized};

use crate::diag;
use crate::dotted::Dotted;
use crate::fields::{FieldValue, WithEquals};

/// The options beside start fields.
const OPTIONS: [&str; 3] = ["stop(…)", "err", "parent"];

/// `my_app.payment.process, payment_id = payment.id, stop(|receipt| …), err = stop`
pub(super) struct Arguments {
    pub(super) span: Dotted,
    pub(super) start: Vec<FieldValue>,
    pub(super) stop: Vec<Stop>,
    /// The value of each `err = …`.
    pub(super) err: Vec<Ident>,
    /// The name and the value of each `parent = …`.
    pub(super) parent: Vec<(Ident, Expr)>,
}

/// `stop(|value| name = …)`
pub(super) struct Stop {
    pub(super) keyword: Ident,
    /// What the function's value is called; `None` where the closure's head is left out.
    pub(super) value: Option<Pat>,
    pub(super) fields: Vec<FieldValue>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Err(input.error(
                "`#[span]` names a span, as in `#[telemetry::span(my_app.payment.process)]`",
            ));
        }
        let mut arguments = Self {
            span: input.parse()?,
            start: Vec::new(),
            stop: Vec::new(),
            err: Vec::new(),
            parent: Vec::new(),
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if !input.is_empty() {
                arguments.argument(input)?;
            }
        }
        Ok(arguments)
    }
}

impl Arguments {
    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(syn::Ident) && input.peek2(syn::token::Paren) {
            self.stop.push(input.parse()?);
            return Ok(());
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!(
                "expected a start field, `name = value`, or an option: {}",
                diag::list(OPTIONS)
            )));
        }
        let fork = input.fork();
        let name = fork.call(Ident::parse_any)?;
        if name == "err" {
            input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            self.err.push(input.call(Ident::parse_any)?);
        } else if name == "parent" {
            input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            self.parent.push((name, input.parse()?));
        } else {
            self.start.push(input.parse::<WithEquals>()?.0);
        }
        Ok(())
    }
}

impl Parse for Stop {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let keyword: Ident = input.parse()?;
        if keyword != "stop" {
            let text = keyword.to_string();
            let message = format!(
                "unknown option `{text}(…)`; options are {}{}",
                diag::list(OPTIONS),
                diag::did_you_mean(&text, ["stop"])
            );
            return Err(syn::Error::new(keyword.span(), message));
        }
        let content;
        parenthesized!(content in input);
        let mut value = None;
        if content.parse::<Option<Token![||]>>()?.is_none() && content.peek(Token![|]) {
            content.parse::<Token![|]>()?;
            value = Some(content.call(Pat::parse_single)?);
            content.parse::<Token![|]>()?;
        }
        let fields = Punctuated::<WithEquals, Token![,]>::parse_terminated(&content)?;
        Ok(Self { keyword, value, fields: fields.into_iter().map(|field| field.0).collect() })
    }
}

/// The function below the attribute.
pub(super) struct Function {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) defaultness: Option<Ident>,
    pub(super) signature: Signature,
    /// `None` where a `;` stands.
    pub(super) body: Option<Body>,
}

pub(super) struct Body {
    /// The braces, for their spans.
    pub(super) group: Group,
    /// `#![…]` at the beginning, made outer.
    pub(super) inner_attributes: Vec<Attribute>,
    pub(super) statements: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let not_a_function = |error: syn::Error| {
            syn::Error::new(
                error.span(),
                "`#[span]` stands on functions and methods; for other code there is `telemetry::start!`",
            )
        };
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let is_default = input.fork().call(Ident::parse_any).is_ok_and(|ident| ident == "default");
        let defaultness = if is_default { Some(input.call(Ident::parse_any)?) } else { None };
        let signature = input.parse().map_err(not_a_function)?;
        if input.parse::<Option<Token![;]>>()?.is_some() {
            return Ok(Self { attributes, visibility, defaultness, signature, body: None });
        }
        match input.parse()? {
            TokenTree::Group(group) => {
                let body = Some(syn::parse2::<Inner>(group.stream())?.into_body(group));
                Ok(Self { attributes, visibility, defaultness, signature, body })
            }
            other => Err(syn::Error::new(other.span(), "expected the function's body")),
        }
    }
}

struct Inner {
    attributes: Vec<Attribute>,
    statements: TokenStream,
}

impl Parse for Inner {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_inner)?;
        Ok(Self { attributes, statements: input.parse()? })
    }
}

impl Inner {
    fn into_body(self, group: Group) -> Body {
        let inner_attributes = self.attributes.into_iter().map(|mut attribute| {
            attribute.style = syn::AttrStyle::Outer;
            attribute
        });
        Body { group, inner_attributes: inner_attributes.collect(), statements: self.statements }
    }
}
