//! `#[handler]`: a function that is attached when the program says so.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ItemFn, LitStr, Result, Token};

use crate::diag::{Mistakes, unknown_option};
use crate::dotted::Dotted;
use crate::kind::Kind;
use crate::paths::Facade;

const OPTIONS: [&str; 3] = ["id", "on_panic", "crate"];

/// `my_app.repo.query, my_app.orders.placed, id = "audit", on_panic = Policy::Keep`
#[derive(Default)]
struct Arguments {
    events: Vec<Dotted>,
    id: Option<LitStr>,
    on_panic: Option<Expr>,
    facade: Facade,
    /// All options, in their order.
    options: Vec<Ident>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self::default();
        while !input.is_empty() {
            if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
                arguments.option(input)?;
            } else {
                arguments.events.push(input.parse()?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

impl Arguments {
    fn option(&mut self, input: ParseStream<'_>) -> Result<()> {
        let option = input.fork().call(Ident::parse_any)?;
        let name = option.to_string();
        match name.as_str() {
            "crate" => self.facade = Facade::parse::<syn::parse::Nothing>(input)?,
            "id" | "on_panic" => {
                input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                if name == "id" {
                    self.id = Some(input.parse()?);
                } else {
                    self.on_panic = Some(input.parse()?);
                }
            }
            _ => {
                return Err(syn::Error::new(option.span(), unknown_option(&name, OPTIONS)));
            }
        }
        self.options.push(option);
        Ok(())
    }
}

/// The function stays as it is, mistakes or not.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let parsed = syn::parse2::<ItemFn>(item.clone())
        .map_err(|_| {
            let message =
                "`#[handler]` stands on a function; closures are attached with `telemetry::attach`";
            syn::Error::new_spanned(item, message)
        })
        .and_then(|function| Ok((function, syn::parse2::<Arguments>(arguments)?)));
    let (function, arguments) = match parsed {
        Ok(parsed) => parsed,
        Err(mistake) => {
            let error = mistake.to_compile_error();
            return quote! { #error #item };
        }
    };
    let mut mistakes = Mistakes::none();
    check(&arguments, &function, &mut mistakes);
    let errors = mistakes.finish();
    let declaration = errors.is_empty().then(|| declaration(&arguments, &function));
    quote! { #item #errors #declaration }
}

fn check(arguments: &Arguments, function: &ItemFn, mistakes: &mut Mistakes) {
    handler_names_an_event(arguments, function, mistakes);
    id_is_not_empty(arguments, mistakes);
    options_stand_once(arguments, mistakes);
    handler_takes_the_event(function, mistakes);
    handler_is_not_async(function, mistakes);
    handler_is_not_generic(function, mistakes);
}

fn handler_names_an_event(arguments: &Arguments, function: &ItemFn, mistakes: &mut Mistakes) {
    if arguments.events.is_empty() {
        mistakes.add(
            function.sig.ident.span(),
            "this handler names no event; name at least one, as in `#[telemetry::handler(my_app.orders.placed)]`",
        );
    }
}

fn id_is_not_empty(arguments: &Arguments, mistakes: &mut Mistakes) {
    if let Some(id) = arguments.id.as_ref().filter(|id| id.value().is_empty()) {
        mistakes.add(id.span(), "the id is empty; left out, it is the function's path");
    }
}

fn options_stand_once(arguments: &Arguments, mistakes: &mut Mistakes) {
    for (index, option) in arguments.options.iter().enumerate() {
        if arguments.options[..index].contains(option) {
            mistakes.add(option.span(), format!("`{option}` stands twice; give it once"));
        }
    }
}

fn handler_takes_the_event(function: &ItemFn, mistakes: &mut Mistakes) {
    let inputs = &function.sig.inputs;
    if inputs.len() != 1 || matches!(inputs.first(), Some(syn::FnArg::Receiver(_))) {
        mistakes.add(
            function.sig.ident.span(),
            "a handler takes one argument: `&my_app::orders::placed::Executed<'_>`, or `&telemetry::Execution<'_>` by name",
        );
    }
}

fn handler_is_not_async(function: &ItemFn, mistakes: &mut Mistakes) {
    if let Some(asyncness) = &function.sig.asyncness {
        mistakes.add(
            asyncness.span,
            "a handler runs within `execute!` and cannot be `async`; send what it sees to a task",
        );
    }
}

fn handler_is_not_generic(function: &ItemFn, mistakes: &mut Mistakes) {
    let generics = &function.sig.generics;
    if generics.type_params().next().is_some() || generics.const_params().next().is_some() {
        mistakes.push(syn::Error::new_spanned(
            generics,
            "a handler cannot be generic; nobody names it, so nothing chooses its types",
        ));
    }
}

/// The element in the distributed slice.
fn declaration(arguments: &Arguments, function: &ItemFn) -> TokenStream {
    let public = arguments.facade.public();
    let private = arguments.facade.private();
    let name = &function.sig.ident;
    let text = name.unraw().to_string();
    let id = arguments.id.as_ref().map_or_else(
        || quote!(::core::concat!(::core::module_path!(), "::", #text)),
        ToTokens::to_token_stream,
    );
    let aliases: Vec<Ident> = arguments
        .events
        .iter()
        .enumerate()
        .map(|(index, event)| format_ident!("__event{index}", span = event.span()))
        .collect();
    let imports =
        arguments.events.iter().zip(&aliases).map(|(event, alias)| event.import_as(alias));
    // Passing the event on may deref it to an `Execution`, so that one event may be taken by name.
    let call = quote_spanned!(name.span()=> |__event, &()| #name(__event));
    let events: Vec<TokenStream> = arguments
        .events
        .iter()
        .zip(&aliases)
        .map(|(event, alias)| Kind::Event.only(event, alias, &quote!(&#alias)))
        .collect();
    let attach = match &events[..] {
        [event] => quote!(#public::attach(#id, #event, (), #call)),
        events => quote!(#public::attach_many(#id, &[#(#events),*], (), #call)),
    };
    let on_panic = arguments
        .on_panic
        .as_ref()
        .map(|policy| quote!(.map(|__attached| __attached.on_panic(#policy))));
    quote! {
        const _: () = {
            fn __attach() -> ::core::result::Result<#public::Attached, #public::Error> {
                #(#imports)*
                #attach #on_panic
            }

            static __HANDLER: #public::DeclaredHandler =
                #public::DeclaredHandler::new(#id, __attach);

            #private::register! { HANDLERS: &'static #public::DeclaredHandler = &__HANDLER }
        };
    }
}
