//! `execute!` and `start!`: a name and its fields. What can be wrong with them is checked by rustc,
//! on the user's own tokens.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Result, Token};

use crate::dotted::Dotted;
use crate::fields::FieldBlock;
use crate::parent;

/// `path.to.event, { measurements }, { metadata }`; blocks at the end may be left out.
struct Execute {
    event: Dotted,
    measurements: FieldBlock,
    metadata: FieldBlock,
}

impl Parse for Execute {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let event = input.parse()?;
        let measurements = block(input)?;
        let metadata = block(input)?;
        end(input, "`execute!` takes an event, its measurements and its metadata")?;
        Ok(Self { event, measurements, metadata })
    }
}

/// `path.to.span, { start metadata }, parent = context`; both may be left out.
struct Start {
    span: Dotted,
    fields: FieldBlock,
    parent: Option<Expr>,
}

impl Parse for Start {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let span = input.parse()?;
        let fields = block(input)?;
        let mut parent = None;
        if input.peek(Token![,]) && input.peek2(syn::Ident) {
            input.parse::<Token![,]>()?;
            let option: syn::Ident = input.parse()?;
            if option != "parent" {
                let message =
                    format!("unknown option `{option}`; `start!` takes `parent = context`");
                return Err(syn::Error::new(option.span(), message));
            }
            input.parse::<Token![=]>()?;
            parent = Some(input.parse()?);
        }
        end(input, "`start!` takes a span, its start metadata and `parent = context`")?;
        Ok(Self { span, fields, parent })
    }
}

/// `, { … }`, or nothing.
fn block(input: ParseStream<'_>) -> Result<FieldBlock> {
    if input.peek(Token![,]) && input.peek2(syn::token::Brace) {
        input.parse::<Token![,]>()?;
        input.parse()
    } else {
        Ok(FieldBlock::empty())
    }
}

/// A trailing comma and no more.
fn end(input: ParseStream<'_>, takes: &str) -> Result<()> {
    input.parse::<Option<Token![,]>>()?;
    if input.is_empty() { Ok(()) } else { Err(input.error(format!("unexpected token; {takes}"))) }
}

pub(crate) fn expand_execute(input: TokenStream) -> TokenStream {
    let Execute { event, measurements, metadata } = match syn::parse2(input) {
        Ok(execute) => execute,
        Err(mistake) => return mistake.to_compile_error(),
    };
    let alias = event.ident("__event");
    let import = event.import_as(&alias);
    let measurements = measurements.construct(&alias, "Measurements", event.span());
    let metadata = metadata.construct(&alias, "Metadata", event.span());
    quote_spanned! {event.span()=> {
        #import
        if #alias.has_handlers() {
            #alias.execute(&#measurements, &#metadata);
        }
    }}
}

pub(crate) fn expand_start(input: TokenStream) -> TokenStream {
    let Start { span, fields, parent } = match syn::parse2(input) {
        Ok(start) => start,
        Err(mistake) => return mistake.to_compile_error(),
    };
    let alias = span.ident("__span");
    let import = span.import_as(&alias);
    let start = fields.construct(&alias, "Start", span.span());
    let parent = parent::option(parent.as_ref());
    quote_spanned! {span.span()=> {
        #import
        if #alias.has_handlers() {
            #alias.begin(#start, #parent)
        } else {
            #alias.silent()
        }
    }}
}
