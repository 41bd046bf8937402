//! Field values, as `{ name: value, shorthand }` and as `name = value`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Result, Token, braced};

use crate::diag::Mistakes;
use crate::dotted::raw_if_keyword;
use crate::input;

/// One field and what it is set to. Written as shorthand, it is set to the binding of its name.
pub(crate) struct FieldValue {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

impl ToTokens for FieldValue {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = &self.name;
        match &self.value {
            // Written out it is what clippy calls redundant.
            Some(Expr::Path(value)) if value.path.is_ident(name) => name.to_tokens(tokens),
            Some(value) => quote! { #name: #value }.to_tokens(tokens),
            None => name.to_tokens(tokens),
        }
    }
}

impl FieldValue {
    /// `name: value` or `name`.
    fn with_colon(input: ParseStream<'_>) -> Result<Self> {
        Self::parse::<Token![:]>(input)
    }

    /// `name = value` or `name`.
    pub(crate) fn with_equals(input: ParseStream<'_>) -> Result<Self> {
        Self::parse::<Token![=]>(input)
    }

    fn parse<Separator: Parse>(input: ParseStream<'_>) -> Result<Self> {
        let name = raw_if_keyword(input.call(Ident::parse_any).map_err(|error| {
            syn::Error::new(error.span(), "expected a field, its name and its value")
        })?);
        let value = match input.parse::<Separator>() {
            Ok(_) => Some(value(input, &name)),
            Err(_) => None,
        };
        Ok(Self { name, value })
    }
}

/// A value; what is no expression yet becomes one that reports itself, so that the other fields are
/// still compared with the declared ones.
fn value(input: ParseStream<'_>, name: &Ident) -> Expr {
    let ahead = input.fork();
    match ahead.parse() {
        Ok(value) => {
            input.advance_to(&ahead);
            value
        }
        Err(mistake) => unfinished(&input::until_comma(input), &mistake, name),
    }
}

/// Keeps the tokens at the beginning that are an expression: `order` of `order.`.
fn unfinished(tokens: &TokenStream, mistake: &syn::Error, name: &Ident) -> Expr {
    let tokens: Vec<_> = tokens.clone().into_iter().collect();
    if tokens.is_empty() {
        let message = format!(
            "the field `{name}` has no value; give it one, or write `{name}` alone for the variable of that name"
        );
        return Expr::Verbatim(syn::Error::new(name.span(), message).into_compile_error());
    }
    let is_cut_off = syn::parse2::<Expr>(tokens.iter().cloned().collect())
        .is_err_and(|error| error.to_string().starts_with("unexpected end of input"));
    let mistake = match tokens.last() {
        Some(last) if is_cut_off => {
            let message = format!("the value of the field `{name}` is not finished");
            syn::Error::new(last.span(), message).into_compile_error()
        }
        _ => mistake.to_compile_error(),
    };
    let kept = (1..tokens.len())
        .rev()
        .find_map(|length| syn::parse2::<Expr>(tokens[..length].iter().cloned().collect()).ok());
    Expr::Verbatim(match kept {
        Some(kept) => quote! { { let _ = &#kept; #mistake } },
        None => mistake,
    })
}

/// A block of fields, `{ a: 1, b }`.
pub(crate) struct FieldBlock {
    fields: Vec<FieldValue>,
    /// Whether fields are meant to be there that are not; the mistake has been told.
    is_broken: bool,
}

impl FieldBlock {
    /// No fields: what a block that was left out means.
    pub(crate) fn empty() -> Self {
        Self { fields: Vec::new(), is_broken: false }
    }

    /// No field counts as missing from here on.
    pub(crate) fn break_off(&mut self) {
        self.is_broken = true;
    }

    pub(crate) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        let content;
        braced!(content in input);
        let begins = |next: ParseStream<'_>| next.peek(Ident::peek_any) && next.peek2(Token![:]);
        let fields =
            input::list(&content, mistakes, begins, |field, _| FieldValue::with_colon(field));
        Ok(Self { fields, is_broken: false })
    }

    /// The struct that the fields make. Type name and braces stand at `span`, where rustc then
    /// reports missing fields.
    pub(crate) fn construct(&self, module: &Ident, name: &str, span: Span) -> TokenStream {
        let construct = if self.is_broken { construct_broken } else { construct };
        construct(&self.fields, module, name, span)
    }
}

/// `name = value` fields between commas.
pub(crate) fn begins_with_equals(next: ParseStream<'_>) -> bool {
    next.peek(Ident::peek_any) && next.peek2(Token![=])
}

/// `module::name { fields }`, all but the fields at `span`.
pub(crate) fn construct(
    fields: &[FieldValue],
    module: &Ident,
    name: &str,
    span: Span,
) -> TokenStream {
    let name = Ident::new(name, span);
    quote_spanned! {span=> #module::#name { #(#fields),* } }
}

/// The same where the fields that are missing are not the mistake.
pub(crate) fn construct_broken(
    fields: &[FieldValue],
    module: &Ident,
    name: &str,
    span: Span,
) -> TokenStream {
    let name = Ident::new(name, span);
    quote_spanned! {span=> #module::#name { #(#fields,)* ..(|| loop {})() } }
}
