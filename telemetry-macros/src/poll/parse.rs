//! The grammar of `#[poll]`'s arguments, and the head of the function below it.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, LitStr, Result, Signature, Token, Visibility};

use crate::diag::{self, Mistakes};
use crate::duration::DurationText;
use crate::input;
use crate::paths::Facade;

const OPTIONS: [&str; 6] = ["every", "initial_delay", "timeout", "on_failure", "name", "crate"];

/// `every = "10s", initial_delay = "1s", timeout = "2s", on_failure = backoff, name = "depth"`
pub(super) struct Arguments {
    pub(super) options: Vec<PollOption>,
}

pub(super) struct PollOption {
    pub(super) keyword: Ident,
    pub(super) value: OptionValue,
}

pub(super) enum OptionValue {
    Every(DurationText),
    InitialDelay(DurationText),
    Timeout(DurationText),
    OnFailure(Ident),
    Name(LitStr),
    Crate(Facade),
}

impl Arguments {
    pub(super) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Self {
        let begins = |next: ParseStream<'_>| next.peek(Ident::peek_any) && next.peek2(Token![=]);
        let options = input::list(input, mistakes, begins, |option, _| PollOption::parse(option));
        Self { options }
    }
}

impl PollOption {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let keyword = input.fork().call(Ident::parse_any).map_err(|error| {
            let message =
                format!("expected an option, `name = value`; options are {}", diag::list(OPTIONS));
            syn::Error::new(error.span(), message)
        })?;
        let text = keyword.to_string();
        if !OPTIONS.contains(&text.as_str()) {
            return Err(syn::Error::new(keyword.span(), diag::unknown_option(&text, OPTIONS)));
        }
        if !input.peek2(Token![=]) {
            return Err(syn::Error::new(keyword.span(), diag::option_without_value(&text)));
        }
        if text == "crate" {
            let value = OptionValue::Crate(input.call(Facade::parse_option)?);
            return Ok(Self { keyword, value });
        }
        input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        let value = match text.as_str() {
            "every" => OptionValue::Every(input.parse()?),
            "initial_delay" => OptionValue::InitialDelay(input.parse()?),
            "timeout" => OptionValue::Timeout(input.parse()?),
            "on_failure" => OptionValue::OnFailure(input.call(Ident::parse_any)?),
            _ => OptionValue::Name(input.parse().map_err(|error| {
                syn::Error::new(error.span(), "the name is a text, `name = \"…\"`")
            })?),
        };
        Ok(Self { keyword, value })
    }
}

/// The function below the attribute. What it does is rustc's.
pub(super) struct Function {
    pub(super) signature: Signature,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        if !is_function(input) {
            return Err(input.error(
                "`#[poll]` stands on a function; closures are added to the runtime's builder, `.poll(Poll::new(…))`",
            ));
        }
        let signature = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Self { signature })
    }
}

/// Whether `fn` stands behind the words that may precede it.
fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let mut words = std::iter::from_fn(|| ahead.parse::<TokenTree>().ok());
    let may_precede = |token: &TokenTree| match token {
        TokenTree::Ident(word) => {
            ["const", "async", "unsafe", "safe", "extern"].iter().any(|known| word == known)
        }
        TokenTree::Literal(_) => true,
        _ => false,
    };
    let first = words.find(|token| !may_precede(token));
    matches!(first, Some(TokenTree::Ident(word)) if word == "fn")
}
