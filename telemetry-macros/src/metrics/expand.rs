//! The code of a block of metrics: one static array of definitions, and one element in the
//! registry.
//!
//! Closures are not called: their patterns are bound and their bodies stand in place, so that they
//! may return what they borrow and type errors point at the user's tokens.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure};

use super::model::{Conversion, Filter, Group, Kind, Metric};
use super::parse::Tag;
use crate::dotted::Dotted;
use crate::paths::Facade;

pub(super) fn group(group: &Group) -> TokenStream {
    let public = group.facade.public();
    let private = group.facade.private();
    let metrics = group.metrics.iter().map(|metric| self::metric(metric, &group.facade));
    let value = quote! {{
        static __METRICS: &[#public::MetricDef] = &[#(#metrics)*];
        #public::MetricGroup::new(
            #private::crate_name(::core::option_env!("CARGO_PKG_NAME"), ::core::module_path!()),
            __METRICS,
        )
    }};
    let halves = group.halves.iter().map(Dotted::keep);
    let register = |name: &proc_macro2::Ident| {
        quote! {
            #private::register! { METRICS: &'static #public::MetricGroup = &#name }
        }
    };
    if let Some((visibility, name)) = &group.name {
        let register = register(name);
        let summary = "A group of metrics, which reporters select.";
        quote! {
            #[doc = #summary]
            #visibility static #name: #public::MetricGroup = #value;
            const _: () = { #(#halves)* #register };
        }
    } else {
        let register = register(&format_ident!("__GROUP"));
        quote! {
            const _: () = {
                #(#halves)*
                static __GROUP: #public::MetricGroup = #value;
                #register
            };
        }
    }
}

fn metric(metric: &Metric, facade: &Facade) -> TokenStream {
    let public = facade.public();
    let private = facade.private();
    let Metric { conditions, event, measurement, description, tags, .. } = metric;
    let import = event.import_as(&event.ident("__event"));
    let alias = event.ident("__event");
    let kind = kind(metric, facade);
    let explicit_name = if let Some(name) = &metric.name {
        quote!(::core::option::Option::Some(#name))
    } else {
        quote!(::core::option::Option::None)
    };
    let measurement_name = measurement.unraw().to_string();
    let conversion = conversion(&metric.conversion, facade);
    let tag_names = tags.iter().map(|tag| tag.name.unraw().to_string());
    let value = value(metric, facade);
    let filter = filter(metric, facade);
    let reads_twins = reads_twins(metric);
    let tags = self::tags(tags, metric, facade);
    let options = options(metric, facade);
    let here = quote_spanned!(measurement.span()=> #private::here());
    let definition = quote! {
            #public::MetricDef {
                kind: #kind,
                explicit_name: #explicit_name,
                measurement: #measurement_name,
                description: #description,
                conversion: #conversion,
                tags: &[#(#tag_names),*],
                sources: &[#public::MetricSource {
                    event: #alias.any(),
                    value: #value,
                    filter: #filter,
                    tags: #tags,
                    reads_twins: #reads_twins,
                }],
                options: #options,
                location: #here,
            }
    };
    let definition = crate::kind::Kind::Event.only(event, &alias, &definition);
    quote! {
        #(#conditions)*
        { #import #definition },
    }
}

fn options(metric: &Metric, facade: &Facade) -> TokenStream {
    let public = facade.public();
    match metric.expire_after {
        None => quote!(#public::MetricOptions::DEFAULT),
        Some(duration) => quote! {
            #public::MetricOptions {
                expire_after: ::core::option::Option::Some(#duration),
                ..#public::MetricOptions::DEFAULT
            }
        },
    }
}

/// Whether it can be read by name: closures are typed.
fn reads_twins(metric: &Metric) -> bool {
    let is_closure = |tag: &Tag| matches!(tag.value, Some(Expr::Closure(_)));
    metric.filter.is_none() && !metric.tags.iter().any(is_closure)
}

fn kind(metric: &Metric, facade: &Facade) -> TokenStream {
    let public = facade.public();
    match &metric.kind {
        Kind::Counter => quote!(#public::MetricKind::Counter),
        Kind::LastValue => quote!(#public::MetricKind::LastValue),
        Kind::Sum => quote!(#public::MetricKind::Sum),
        Kind::Distribution { buckets } => quote! {
            #public::MetricKind::Distribution(#public::Buckets::Fixed(&[#(#buckets),*]))
        },
    }
}

fn conversion(conversion: &Conversion, facade: &Facade) -> TokenStream {
    let public = facade.public();
    let constant = |name: &str| {
        let name = format_ident!("{name}");
        quote!(#public::Unit::#name)
    };
    match conversion {
        Conversion::None => quote!(#public::Conversion::none(#public::Unit::NONE)),
        Conversion::Named(name) => {
            quote!(#public::Conversion::none(#public::Unit::named(#name)))
        }
        Conversion::Known(unit) => {
            let unit = constant(unit);
            quote!(#public::Conversion::none(#unit))
        }
        Conversion::Between(from, to) => {
            let (from, to) = (constant(from), constant(to));
            quote!(#public::Conversion::between(#from, #to))
        }
    }
}

/// Reads the measurement. A counter reads none, but one that it names must exist.
fn value(metric: &Metric, facade: &Facade) -> TokenStream {
    let public = facade.public();
    let private = facade.private();
    let alias = metric.event.ident("__event");
    let measurement = &metric.measurement;
    if !matches!(metric.kind, Kind::Counter) {
        let name = measurement.unraw().to_string();
        return quote! {
            #public::ReadValue::Typed {
                read: {
                    fn __value(__e: &#public::Execution<'_>) -> ::core::option::Option<#public::Number> {
                        match __e.typed::<#alias::__Schema>() {
                            ::core::option::Option::Some(__x) => {
                                #public::Measurement::number(__x.measurements.#measurement)
                            }
                            ::core::option::Option::None => #private::number_of(__e, #name),
                        }
                    }
                    __value
                },
                class: #private::class_of::<#alias::__Schema, _>(|__x| __x.#measurement),
            }
        };
    }
    if measurement.unraw() == "count" {
        return quote!(#public::ReadValue::Nothing);
    }
    quote! {{
        const _: fn(&#alias::Measurements) = |__x| { let _ = &__x.#measurement; };
        #public::ReadValue::Nothing
    }}
}

fn filter(metric: &Metric, facade: &Facade) -> TokenStream {
    let public = facade.public();
    let alias = metric.event.ident("__event");
    let (closure, negation, keyword) = match &metric.filter {
        None => return quote!(::core::option::Option::None),
        Some(Filter::Keep(closure)) => (closure, quote!(), "keep"),
        Some(Filter::Drop(closure)) => (closure, quote!(!), "drop"),
    };
    let text = format!("{keyword} = {}", closure.to_token_stream());
    let bindings = bindings(closure);
    let body = &closure.body;
    let here = Span::mixed_site().located_at(body.span());
    let answer = quote_spanned!(here=> (#body));
    quote! {
        ::core::option::Option::Some(#public::Filter {
            keeps: {
                fn __keeps(__e: &#public::Execution<'_>) -> bool {
                    let ::core::option::Option::Some(__executed) = __e.typed::<#alias::__Schema>() else {
                        return false;
                    };
                    #bindings
                    if #answer { #negation true } else { #negation false }
                }
                __keeps
            },
            text: #text,
        })
    }
}

fn tags(tags: &[Tag], metric: &Metric, facade: &Facade) -> TokenStream {
    let public = facade.public();
    if tags.is_empty() {
        return quote!(#public::ReadTags::None);
    }
    let text = tags.iter().map(Tag::text).collect::<Vec<_>>().join(", ");
    let private = facade.private();
    let alias = metric.event.ident("__event");
    let into_tag = |name: &Ident, value: &TokenStream| {
        let public = facade.public_at(name.span());
        quote_spanned!(name.span()=> #public::IntoTag::into_tag(#value))
    };
    let values = tags.iter().map(|tag| {
        let name = &tag.name;
        match &tag.value {
            None => {
                let field = quote_spanned!(name.span()=> &__executed.metadata.#name);
                let public = facade.public_at(name.span());
                quote_spanned!(name.span()=> #public::Tag::tag(#field))
            }
            Some(Expr::Closure(closure)) => {
                let bindings = bindings(closure);
                let body = &closure.body;
                let value = quote_spanned!(body.span()=> { #bindings #body });
                into_tag(name, &value)
            }
            Some(constant) => into_tag(name, &constant.to_token_stream()),
        }
    });
    let by_name = reads_twins(metric).then(|| {
        let values = tags.iter().map(|tag| match &tag.value {
            None => {
                let name = tag.name.unraw().to_string();
                quote!(#private::tag_of(__e, #name))
            }
            Some(constant) => into_tag(&tag.name, &constant.to_token_stream()),
        });
        quote!(else { #(__tags.push(#values);)* })
    });
    quote! {
        #public::ReadTags::Typed {
            read: {
                fn __read<'e>(__e: &#public::Execution<'e>, __tags: &mut #public::TagSet<'e>) {
                    if let ::core::option::Option::Some(__executed) = __e.typed::<#alias::__Schema>() {
                        #(__tags.push(#values);)*
                    } #by_name
                }
                __read
            },
            text: #text,
        }
    }
}

/// The closure's parameters, bound to metadata and measurements.
fn bindings(closure: &ExprClosure) -> TokenStream {
    let sources = [quote!(__executed.metadata), quote!(__executed.measurements)];
    closure
        .inputs
        .iter()
        .zip(sources)
        .map(|(pattern, source)| quote! { let #pattern = #source; })
        .collect()
}
