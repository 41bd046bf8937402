//! How one event feeds a metric: the functions that read an execution.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Lifetime;
use syn::ext::IdentExt;

use super::super::closure::Closure;
use super::super::model::{Filter, Metric, Reading};
use super::super::parse::TagSource;
use crate::dotted::Dotted;
use crate::kind::Kind;
use crate::paths::Facade;

/// One event of one metric.
pub(super) struct Source<'m> {
    pub(super) metric: &'m Metric,
    pub(super) event: &'m Dotted,
    pub(super) facade: &'m Facade,
}

impl Source<'_> {
    /// The source, if the name is that of an event.
    pub(super) fn expand(&self) -> TokenStream {
        let public = self.facade.public();
        let alias = self.alias();
        let import = self.event.import_as(&alias);
        let value = self.value();
        let filter = self.filter();
        let tags = self.read_tags();
        let reads_twins = self.reads_twins();
        let source = quote! {
            #public::MetricSource {
                event: #alias.any(),
                value: #value,
                filter: #filter,
                tags: #tags,
                reads_twins: #reads_twins,
            }
        };
        let source = Kind::Event.only(self.event, &alias, &source);
        quote! { { #import #source } }
    }

    /// What the event is called in the expansion.
    pub(super) fn alias(&self) -> Ident {
        self.event.ident("__event")
    }

    /// Whether it can be read by name: closures are typed.
    pub(super) fn reads_twins(&self) -> bool {
        let Metric { measurement, tags, tag_values, filter, .. } = self.metric;
        !(matches!(measurement, Reading::Closure(_))
            || tags.iter().any(|tag| matches!(tag.value, TagSource::Closure(_)))
            || tag_values.is_some()
            || filter.is_some())
    }

    /// Reads the measurement. A counter reads none, but one that it names must exist.
    fn value(&self) -> TokenStream {
        let public = self.facade.public();
        let private = self.facade.private();
        let alias = self.alias();
        let (number, by_name, before, class) = match &self.metric.measurement {
            Reading::Nothing => return quote!(#public::ReadValue::Nothing),
            Reading::Existing(field) => {
                return quote! {{
                    const _: fn(&#alias::Measurements) = |__x| { let _ = &__x.#field; };
                    #public::ReadValue::Nothing
                }};
            }
            Reading::Field(field) => {
                let name = field.unraw().to_string();
                (
                    quote!(__executed.measurements.#field),
                    quote!(#private::number_of(__e, #name)),
                    None,
                    quote!(#private::class_of::<#alias::__Schema, _>(|__x| __x.#field)),
                )
            }
            Reading::Closure(closure) => {
                let output = self.facade.public_at(closure.span());
                let output = quote_spanned!(closure.span()=> impl #output::Measurement + use<>);
                let function = Ident::new("__measurement", Span::mixed_site());
                (
                    quote!(#function(__executed.metadata, __executed.measurements)),
                    quote!(::core::option::Option::None),
                    Some(self.function(&function, closure, "'_", &output)),
                    quote!(#private::class_of_computed(#function)),
                )
            }
        };
        quote! {{
            #before
            #public::ReadValue::Typed {
                read: {
                    fn __value(__e: &#public::Execution<'_>) -> ::core::option::Option<#public::Number> {
                        match __e.typed::<#alias::__Schema>() {
                            ::core::option::Option::Some(__executed) => {
                                #public::Measurement::number(#number)
                            }
                            ::core::option::Option::None => #by_name,
                        }
                    }
                    __value
                },
                class: #class,
            }
        }}
    }

    fn filter(&self) -> TokenStream {
        let public = self.facade.public();
        let alias = self.alias();
        let (closure, negation, keyword) = match &self.metric.filter {
            None => return quote!(::core::option::Option::None),
            Some(Filter::Keep(closure)) => (closure, quote!(), "keep"),
            Some(Filter::Drop(closure)) => (closure, quote!(!), "drop"),
        };
        let text = format!("{keyword} = {}", closure.to_token_stream());
        let function = Ident::new("__condition", Span::mixed_site());
        let output = quote_spanned!(closure.span()=> ::core::primitive::bool);
        let condition = self.function(&function, closure, "'_", &output);
        quote! {{
            #condition
            ::core::option::Option::Some(#public::Filter {
                keeps: {
                    fn __keeps(__e: &#public::Execution<'_>) -> ::core::primitive::bool {
                        match __e.typed::<#alias::__Schema>() {
                            ::core::option::Option::Some(__executed) => {
                                #negation #function(__executed.metadata, __executed.measurements)
                            }
                            ::core::option::Option::None => false,
                        }
                    }
                    __keeps
                },
                text: #text,
            })
        }}
    }

    /// The function that a closure becomes. What it returns may borrow for `'e`, if that is the
    /// lifetime.
    pub(super) fn function(
        &self,
        name: &Ident,
        closure: &Closure,
        lifetime: &str,
        output: &TokenStream,
    ) -> TokenStream {
        let public = self.facade.public();
        let alias = self.alias();
        let body = closure.end_of_function([quote!(__metadata), quote!(__measurements)]);
        let lifetime = Lifetime::new(lifetime, Span::mixed_site());
        let generics = (lifetime.ident != "_").then(|| quote!(<#lifetime>));
        quote! {
            fn #name #generics(
                __metadata: &#lifetime <#alias::__Schema as #public::EventSchema>::Metadata<#lifetime>,
                __measurements: &#lifetime #alias::Measurements,
            ) -> #output {
                #body
            }
        }
    }
}
