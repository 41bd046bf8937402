//! Durations written as texts: `"250ms"`, `"10s"`, `"5m"`, `"1h"`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprLit, Lit, LitStr, Result};

/// What is allowed.
const FORM: &str =
    "write a number and one of the units `ms`, `s`, `m` and `h`, as in `\"250ms\"` or `\"10s\"`";

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// A duration, longer than none. In an expansion it is a `core::time::Duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DurationText {
    milliseconds: u64,
}

impl DurationText {
    /// # Errors
    /// At the text, with what is allowed.
    pub(crate) fn read(text: &LitStr) -> Result<Self> {
        let written = text.value();
        let fault = |fault: &str| {
            let message = format!("{written:?} {fault}; {FORM}");
            syn::Error::new(text.span(), message)
        };
        let unit = written.trim_start_matches(|character: char| character.is_ascii_digit());
        let number = &written[..written.len() - unit.len()];
        let Some((_, milliseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(fault("is no duration"));
        };
        if number.is_empty() {
            return Err(fault("is no duration"));
        }
        let product = number.parse().ok().and_then(|number: u64| number.checked_mul(*milliseconds));
        match product {
            Some(0) => Err(fault("is no time at all")),
            Some(milliseconds) => Ok(Self { milliseconds }),
            None => Err(fault("is longer than can be told")),
        }
    }
}

impl Parse for DurationText {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        match input.parse::<Expr>()? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Self::read(&text),
            other => Err(syn::Error::new_spanned(other, format!("a duration is a text; {FORM}"))),
        }
    }
}

impl ToTokens for DurationText {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let milliseconds = self.milliseconds;
        quote!(::core::time::Duration::from_millis(#milliseconds)).to_tokens(tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DurationText> {
        syn::parse_str(text)
    }

    #[test]
    fn texts_are_numbers_with_units() {
        for (text, milliseconds) in [
            ("\"250ms\"", 250),
            ("\"10s\"", 10_000),
            ("\"5m\"", 300_000),
            ("\"1h\"", 3_600_000),
            ("\"007s\"", 7_000),
        ] {
            assert_eq!(parse(text).unwrap(), DurationText { milliseconds }, "{text}");
        }
        let tokens = parse("\"10s\"").unwrap().into_token_stream().to_string();
        assert_eq!(tokens, ":: core :: time :: Duration :: from_millis (10000u64)");
    }

    #[test]
    fn other_texts_are_refused_with_the_form() {
        for (text, fault) in [
            ("\"\"", "\"\" is no duration"),
            ("\"10\"", "\"10\" is no duration"),
            ("\"s\"", "\"s\" is no duration"),
            ("\"10 s\"", "is no duration"),
            ("\"-1s\"", "is no duration"),
            ("\"1.5h\"", "is no duration"),
            ("\"10 minutes\"", "\"10 minutes\" is no duration"),
            ("\"0ms\"", "\"0ms\" is no time at all"),
            ("\"99999999999999999h\"", "longer than can be told"),
            ("\"99999999999999999999s\"", "longer than can be told"),
            ("10", "a duration is a text"),
            ("Duration::ZERO", "a duration is a text"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.contains(fault) && error.contains("as in `\"250ms\"`"),
                "{text}: {error}"
            );
        }
    }
}
