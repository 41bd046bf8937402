//! What a name is: an event, a span, or the beginning of other names.
//!
//! Each module of a vocabulary re-exports three hidden macros, and code that needs a name of some kind
//! is wrapped in that kind's. The macro lets the code through or puts a sentence in its place, so that
//! a span used as an event is one error, in words.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::dotted::Dotted;
use crate::paths::Facade;

/// What some code wants a name to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An event that the user's code executes.
    Executed,
    /// Any event, those of spans too.
    Event,
    Span,
}

/// What a module of a vocabulary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    Event,
    Span,
    /// An event of a span.
    Phase,
    /// Only the beginning of names.
    Prefix,
}

impl Kind {
    fn macro_name(self) -> &'static str {
        match self {
            Self::Executed => "__execute",
            Self::Event => "__event",
            Self::Span => "__span",
        }
    }

    /// `code`, if the module that `alias` stands for is of this kind.
    pub(crate) fn only(self, name: &Dotted, alias: &Ident, code: &TokenStream) -> TokenStream {
        let written = name.written();
        let check = name.ident(self.macro_name());
        quote_spanned! {name.span()=> #alias::#check! { (#written) #code } }
    }
}

impl Module {
    /// The three macros.
    pub(crate) fn declare(self, facade: &Facade) -> TokenStream {
        let private = facade.private();
        let [execute, event, span] = match self {
            Self::Event => [quote!(accept), quote!(accept), quote!(event_is_no_span)],
            Self::Span => [quote!(span_is_no_event), quote!(span_is_no_event), quote!(accept)],
            Self::Phase => [quote!(phase_is_its_spans), quote!(accept), quote!(phase_is_no_span)],
            Self::Prefix => {
                [quote!(prefix_is_no_event), quote!(prefix_is_no_event), quote!(prefix_is_no_span)]
            }
        };
        quote! {
            #[doc(hidden)]
            pub use #private::{#execute as __execute, #event as __event, #span as __span};
        }
    }
}

/// Lets the code behind the name through.
pub(crate) fn accept(input: TokenStream) -> TokenStream {
    input.into_iter().skip(1).collect()
}

pub(crate) fn span_is_no_event(input: TokenStream) -> TokenStream {
    refuse(input, |name| {
        format!(
            "`{name}` is a span, not an event; its events are `start`, `stop` and `exception`, as in `{name}.stop`"
        )
    })
}

pub(crate) fn event_is_no_span(input: TokenStream) -> TokenStream {
    refuse(input, |name| {
        format!(
            "`{name}` is an event, not a span; execute it with `telemetry::execute!`, or declare it as `span {name}` in `events!`"
        )
    })
}

pub(crate) fn phase_is_no_span(input: TokenStream) -> TokenStream {
    refuse(input, |name| {
        let span = span_of(name);
        format!("`{name}` is an event of the span `{span}`; write `{span}`")
    })
}

pub(crate) fn phase_is_its_spans(input: TokenStream) -> TokenStream {
    refuse(input, |name| {
        let span = span_of(name);
        format!(
            "`{name}` is executed by its span; make the function a span with `#[telemetry::span({span})]`, or start it with `telemetry::start!`"
        )
    })
}

pub(crate) fn prefix_is_no_event(input: TokenStream) -> TokenStream {
    refuse(input, |name| {
        format!(
            "`{name}` is not an event, but the beginning of other names; write one of them in full"
        )
    })
}

pub(crate) fn prefix_is_no_span(input: TokenStream) -> TokenStream {
    refuse(input, |name| {
        format!(
            "`{name}` is not a span, but the beginning of other names; write one of them in full"
        )
    })
}

fn span_of(phase: &str) -> &str {
    phase.rsplit_once('.').map_or(phase, |(span, _)| span)
}

/// A sentence in place of the code.
fn refuse(input: TokenStream, sentence: impl Fn(&str) -> String) -> TokenStream {
    let Some(TokenTree::Group(written)) = input.into_iter().next() else {
        return TokenStream::new();
    };
    let name = syn::parse2::<Dotted>(written.stream()).map(|name| name.name()).unwrap_or_default();
    syn::Error::new_spanned(written.stream(), sentence(&name)).to_compile_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_code_stays_as_it_is() {
        assert_eq!(accept(quote!((a.b) if x { y })).to_string(), "if x { y }");
    }

    #[test]
    fn refusals_name_what_the_user_wrote_and_drop_the_code() {
        let refused = span_is_no_event(quote!((crate::events::a.r#type) code)).to_string();
        assert!(refused.contains("`a.type` is a span"), "{refused}");
        assert!(!refused.contains("code"), "{refused}");
    }
}
