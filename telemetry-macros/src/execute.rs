//! `execute!` and `start!`: a name and its fields. What can be wrong with them is checked by rustc,
//! on the user's own tokens.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Result, Token};

use crate::diag::{self, Mistakes};
use crate::dotted::{Dotted, Name};
use crate::fields::FieldBlock;
use crate::kind::Kind;
use crate::{input, parent};

/// `path.to.event, { measurements }, { metadata }`; blocks at the end may be left out.
pub(crate) fn expand_execute(input: TokenStream) -> TokenStream {
    expand(input, |event, input, mistakes| {
        let measurements = block(input, mistakes)?;
        let metadata = block(input, mistakes)?;
        end(input, mistakes, "`execute!` takes an event, its measurements and its metadata");

        let alias = event.ident("__event");
        let import = event.import_as(&alias);
        let measurements = measurements.construct(&alias, "Measurements", event.span());
        let metadata = metadata.construct(&alias, "Metadata", event.span());
        let code = quote_spanned! {event.span()=>
            if #alias.wants_values() {
                #alias.execute(&#measurements, &#metadata);
            }
        };
        let code = Kind::Executed.only(event, &alias, &code);
        Ok([import, code])
    })
}

/// `path.to.span, { start metadata }, parent = context`; both may be left out.
pub(crate) fn expand_start(input: TokenStream) -> TokenStream {
    expand(input, |span, input, mistakes| {
        let mut fields = block(input, mistakes)?;
        let parent = parent(input, &mut fields, mistakes);
        end(input, mistakes, "`start!` takes a span, its start metadata and `parent = context`");

        let alias = span.ident("__span");
        let import = span.import_as(&alias);
        let start = fields.construct(&alias, "Start", span.span());
        let parent = parent::option(parent.as_ref());
        let code = quote_spanned! {span.span()=>
            if #alias.has_handlers() {
                #alias.begin(#start, #parent)
            } else {
                #alias.silent()
            }
        };
        let code = Kind::Span.only(span, &alias, &code);
        // The value is the whole macro's: where nobody uses it, that is told there.
        let guard = Ident::new("__guard", Span::mixed_site());
        Ok([import, quote! { let #guard = #code; #guard }])
    })
}

/// A block of statements: first what brings the name into scope, last what has the value. Without a
/// whole name that is the mistake, which has any type.
fn expand(
    input: TokenStream,
    code: impl FnOnce(&Dotted, ParseStream<'_>, &mut Mistakes) -> Result<[TokenStream; 2]>,
) -> TokenStream {
    let mut mistakes = Mistakes::none();
    let code =
        input::whole(input, &mut mistakes, |input, mistakes| match Name::parse(input, mistakes) {
            Name::Whole(name) => code(&name, input, mistakes),
            Name::Half(half) => {
                Ok([half.map(|half| half.keep()).unwrap_or_default(), TokenStream::new()])
            }
        });
    let [scope, value] = code.unwrap_or_default();
    let mistakes = mistakes.finish();
    quote! { { #scope #mistakes #value } }
}

/// `, { … }`, or nothing.
fn block(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<FieldBlock> {
    if input.peek(syn::token::Brace) {
        mistakes.push(input.error("expected `,` before the block of fields"));
    } else if input.peek(Token![,]) && input.peek2(syn::token::Brace) {
        input.parse::<Token![,]>()?;
    } else {
        return Ok(FieldBlock::empty());
    }
    FieldBlock::parse(input, mistakes)
}

/// `, parent = context`, or nothing. What stands there in place of a block is told once.
fn parent(
    input: ParseStream<'_>,
    fields: &mut FieldBlock,
    mistakes: &mut Mistakes,
) -> Option<Expr> {
    if !(input.peek(Token![,]) && input.peek2(Ident::peek_any)) {
        return None;
    }
    let _: Result<Token![,]> = input.parse();
    let option = input.call(Ident::parse_any).ok()?;
    if option != "parent" {
        let text = option.to_string();
        let near = diag::did_you_mean(&text, ["parent"]);
        let message = format!(
            "unknown option `{text}`; `start!` takes its fields in a block, `{{ name: value }}`, and `parent = context`{near}"
        );
        mistakes.add(option.span(), message);
        if near.is_empty() {
            fields.break_off();
        }
        input.parse::<TokenStream>().ok()?;
        return None;
    }
    match input.parse::<Token![=]>().and_then(|_| input.parse()) {
        Ok(context) => Some(context),
        Err(error) => {
            mistakes.add(error.span(), parent::NO_VALUE);
            input::until_comma(input);
            None
        }
    }
}

/// A trailing comma and no more.
fn end(input: ParseStream<'_>, mistakes: &mut Mistakes, takes: &str) {
    let _: Result<Token![,]> = input.parse();
    if !input.is_empty() {
        mistakes.push(input.error(format!("unexpected token; {takes}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execute(text: &str) -> String {
        expand_execute(text.parse().unwrap()).to_string()
    }

    #[test]
    fn half_a_name_is_in_the_expansion() {
        for half in ["my_app.orders.", "my_app.orders. , { amount_cents: 1 }", "my_app.orders.="] {
            let expanded = execute(half);
            assert!(expanded.contains("use my_app :: orders as _"), "{expanded}");
            assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
        }
        let started = expand_start("crate::events::".parse().unwrap()).to_string();
        assert!(started.contains("use crate :: events as _"), "{started}");
    }

    #[test]
    fn half_written_fields_are_in_the_expansion() {
        let expanded = execute("my_app.orders.placed, { amount }");
        assert!(expanded.contains("use my_app :: orders :: placed as __event"), "{expanded}");
        assert!(expanded.contains("Measurements { amount }"), "{expanded}");
        let expanded = execute("my_app.orders.placed, { amount: order., count: 1 }, { id: }");
        assert!(expanded.contains("amount : { let _ = & order ;"), "{expanded}");
        assert!(expanded.contains("count : 1"), "{expanded}");
        assert!(expanded.contains("Metadata { id :"), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 2, "{expanded}");
    }

    #[test]
    fn a_half_written_option_keeps_the_rest() {
        let expanded = expand_start("my_app.cart, { id: 1 }, parent".parse().unwrap()).to_string();
        assert!(expanded.contains("Start { id : 1 }"), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
    }

    #[test]
    fn nothing_static_is_made_for_a_call() {
        let executed = execute("my_app.orders.placed, { amount: 1 }, { id: 2 }");
        let started = expand_start("my_app.cart, { id: 1 }, parent = p".parse().unwrap());
        for expanded in [executed, started.to_string()] {
            let words = ["static ", "const ", "thread_local", "format_args"];
            assert!(!words.iter().any(|word| expanded.contains(word)), "{expanded}");
        }
    }

    #[test]
    fn no_path_of_the_facade_is_named() {
        let executed = execute("my_app.orders.placed, { amount: 1 }, { id: 2 }");
        let started = expand_start("my_app.cart, { id: 1 }, parent = p".parse().unwrap());
        for expanded in [executed, started.to_string()] {
            assert!(!expanded.contains("telemetry"), "{expanded}");
        }
    }
}
