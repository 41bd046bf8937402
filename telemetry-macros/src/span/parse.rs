//! The grammar of `#[span]`'s arguments, and of the function below it: its signature precisely, its
//! body as tokens, so that what the user is still typing stays as it is.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Pat, Result, Signature, Token, Visibility, parenthesized};

use crate::diag::{self, Mistakes};
use crate::dotted::Name;
use crate::fields::{FieldValue, begins_with_equals};
use crate::paths::Facade;
use crate::{input, parent};

/// The options beside start fields.
const OPTIONS: [&str; 4] = ["stop(…)", "err = stop", "parent = …", "crate = …"];

/// `my_app.payment.process, payment_id = payment.id, stop(|receipt| …), err = stop`
pub(super) struct Arguments {
    pub(super) span: Name,
    pub(super) start: Vec<FieldValue>,
    pub(super) stop: Vec<Stop>,
    /// Whether something was meant to be `stop(…)` and is not.
    pub(super) stop_is_broken: bool,
    /// The value of each `err = …`.
    pub(super) err: Vec<Ident>,
    /// The name and the value of each `parent = …`.
    pub(super) parent: Vec<(Ident, Expr)>,
    /// The keyword and the path of each `crate = …`.
    pub(super) facade: Vec<(Token![crate], Facade)>,
}

enum Argument {
    Start(FieldValue),
    Stop(Stop),
    /// What was meant to be one; the mistake has been told.
    BrokenStop,
    Err(Ident),
    Parent(Ident, Expr),
    Crate(Token![crate], Facade),
}

/// `stop(|value| name = …)`
pub(super) struct Stop {
    pub(super) keyword: Ident,
    /// What the function's value is called; `None` where the closure's head is left out.
    pub(super) value: Option<Pat>,
    pub(super) fields: Vec<FieldValue>,
}

impl Arguments {
    pub(super) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        if input.is_empty() {
            return Err(syn::Error::new(
                input.span(),
                "`#[span]` names a span, as in `#[telemetry::span(my_app.payment.process)]`",
            ));
        }
        let mut arguments = Self {
            span: Name::parse(input, mistakes),
            start: Vec::new(),
            stop: Vec::new(),
            stop_is_broken: false,
            err: Vec::new(),
            parent: Vec::new(),
            facade: Vec::new(),
        };
        if let Name::Whole(_) = arguments.span
            && !(input.is_empty() || input.peek(Token![,]))
        {
            mistakes.push(input.error("expected `,` after the span's name"));
        }
        input::until_comma(input);
        input.parse::<Option<Token![,]>>()?;
        for argument in input::list(input, mistakes, Argument::begins, Argument::parse) {
            match argument {
                Argument::Start(field) => arguments.start.push(field),
                Argument::Stop(stop) => arguments.stop.push(stop),
                Argument::BrokenStop => arguments.stop_is_broken = true,
                Argument::Err(value) => arguments.err.push(value),
                Argument::Parent(name, context) => arguments.parent.push((name, context)),
                Argument::Crate(keyword, facade) => arguments.facade.push((keyword, facade)),
            }
        }
        Ok(arguments)
    }
}

impl Argument {
    fn begins(next: ParseStream<'_>) -> bool {
        begins_with_equals(next) || next.peek(syn::Ident) && next.peek2(syn::token::Paren)
    }

    fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        if input.peek(Token![crate]) {
            let keyword = input.fork().parse()?;
            return Ok(Self::Crate(keyword, input.call(Facade::parse_option)?));
        }
        if input.peek(syn::Ident) && input.peek2(syn::token::Paren) {
            return Stop::parse(input, mistakes);
        }
        let Ok(name) = input.fork().call(Ident::parse_any) else {
            return Err(input.error(format!(
                "expected a start field, `name = value`, or an option: {}",
                diag::list(OPTIONS)
            )));
        };
        match name.to_string().as_str() {
            "stop" => {
                let message =
                    "the fields of `stop` stand in parentheses; write `stop(|value| name = …)`";
                mistakes.add(name.span(), message);
                input::until_comma(input);
                Ok(Self::BrokenStop)
            }
            "err" => {
                input.call(Ident::parse_any)?;
                let value = input.parse::<Token![=]>().and_then(|_| input.call(Ident::parse_any));
                value.map(Self::Err).map_err(|error| {
                    syn::Error::new(error.span(), "`err` has one value; write `err = stop`")
                })
            }
            "parent" => {
                input.call(Ident::parse_any)?;
                let value = input.parse::<Token![=]>().and_then(|_| input.parse());
                value
                    .map(|context| Self::Parent(name, context))
                    .map_err(|error| syn::Error::new(error.span(), parent::NO_VALUE))
            }
            _ => input.call(FieldValue::with_equals).map(Self::Start),
        }
    }
}

impl Stop {
    fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Argument> {
        let keyword: Ident = input.parse()?;
        let content;
        parenthesized!(content in input);
        if keyword != "stop" {
            let text = keyword.to_string();
            let near = diag::did_you_mean(&text, ["stop"]);
            let options = diag::list(OPTIONS);
            let message = format!("unknown option `{text}(…)`; options are {options}{near}");
            mistakes.add(keyword.span(), message);
            content.parse::<TokenStream>()?;
            return Ok(Argument::BrokenStop);
        }
        let value = Self::value(&content, mistakes);
        let fields = input::list(&content, mistakes, begins_with_equals, |field, _| {
            field.call(FieldValue::with_equals)
        });
        Ok(Argument::Stop(Self { keyword, value, fields }))
    }

    /// `|value|`, if that is what comes next.
    fn value(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Option<Pat> {
        let bar: Result<Token![|]> = input.parse();
        bar.ok()?;
        if input.parse::<Token![|]>().is_ok() {
            return None;
        }
        let value = input.call(Pat::parse_single);
        if value.is_ok() && input.parse::<Token![|]>().is_ok() {
            return value.ok();
        }
        mistakes.push(
            input.error("expected `|`; `stop` has one value, as in `stop(|value| name = …)`"),
        );
        // The fields are behind the next bar, if there is one.
        let ahead = input.fork();
        while !ahead.is_empty() {
            if ahead.parse::<Token![|]>().is_ok() {
                input.advance_to(&ahead);
                break;
            }
            let _: Result<TokenTree> = ahead.parse();
        }
        value.ok()
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
    /// `#![…]` at the beginning.
    pub(super) inner_attributes: Vec<Attribute>,
    pub(super) statements: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let is_default = input.fork().call(Ident::parse_any).is_ok_and(|ident| ident == "default");
        let defaultness = if is_default { Some(input.call(Ident::parse_any)?) } else { None };
        if !is_function(input) {
            return Err(input.error(
                "`#[span]` stands on functions and methods; for other code there is `telemetry::start!`",
            ));
        }
        let signature = input.parse()?;
        if input.parse::<Option<Token![;]>>()?.is_some() {
            return Ok(Self { attributes, visibility, defaultness, signature, body: None });
        }
        match input.parse()? {
            TokenTree::Group(group) => {
                let group = ungrouped(group);
                let body = Some(syn::parse2::<Inner>(group.stream())?.into_body(group));
                Ok(Self { attributes, visibility, defaultness, signature, body })
            }
            other => Err(syn::Error::new(other.span(), "expected the function's body")),
        }
    }
}

/// Without the invisible delimiters around a block that a macro was given.
fn ungrouped(group: Group) -> Group {
    if group.delimiter() == Delimiter::None
        && let Some(TokenTree::Group(inner)) = group.stream().into_iter().next()
    {
        return ungrouped(inner);
    }
    group
}

/// Whether `fn` stands behind the words that may precede it.
fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while ahead.parse::<syn::LitStr>().is_ok()
        || !ahead.peek(Token![fn])
            && ahead.call(Ident::parse_any).is_ok_and(|word| {
                ["const", "async", "unsafe", "safe", "extern"].iter().any(|known| word == known)
            })
    {}
    ahead.peek(Token![fn])
}

impl Body {
    /// The braces with the statements. The span is the user's own: the edition of the braces decides
    /// when the temporaries of the tail are dropped.
    pub(super) fn block(&self) -> Group {
        if self.inner_attributes.is_empty() {
            return self.group.clone();
        }
        let mut block = Group::new(Delimiter::Brace, self.statements.clone());
        block.set_span(self.group.span());
        block
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
        Body { group, inner_attributes: self.attributes, statements: self.statements }
    }
}
