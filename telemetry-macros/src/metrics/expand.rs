//! The code of a block of metrics: one static array of definitions, and one element in the
//! registry.

mod source;
mod tags;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use self::source::Source;
use super::model::{Conversion, Group, Kind, Metric, Options};
use super::parse::ReporterValue;
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
    let register = |name: &Ident| {
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
    let Metric { conditions, last_segment, description, tags, .. } = metric;
    let kind = kind(metric, facade);
    let name = option(metric.name.as_ref());
    let conversion = conversion(&metric.conversion, facade);
    let tags = tags.iter().map(|tag| tag.name.unraw().to_string());
    let sources = metric.events.iter().map(|event| Source { metric, event, facade }.expand());
    let options = options(&metric.options, facade);
    let here = facade.public_at(metric.place);
    let here = quote_spanned!(metric.place=> #here::__private::here());
    quote! {
        #(#conditions)*
        #public::MetricDef {
            kind: #kind,
            explicit_name: #name,
            measurement: #last_segment,
            description: #description,
            conversion: #conversion,
            tags: &[#(#tags),*],
            sources: &[#(#sources),*],
            options: #options,
            location: #here,
        },
    }
}

/// An `Option` of something that is a constant.
fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn kind(metric: &Metric, facade: &Facade) -> TokenStream {
    let public = facade.public();
    match &metric.kind {
        Kind::Counter => quote!(#public::MetricKind::Counter),
        Kind::LastValue => quote!(#public::MetricKind::LastValue),
        Kind::Sum => quote!(#public::MetricKind::Sum),
        Kind::Summary { percentiles } => {
            let percentiles = if percentiles.is_empty() {
                quote!(#public::MetricKind::PERCENTILES)
            } else {
                quote!(&[#(#percentiles),*])
            };
            quote!(#public::MetricKind::Summary { percentiles: #percentiles })
        }
        Kind::Distribution { buckets } => {
            let buckets = if buckets.is_empty() {
                quote!(#public::Buckets::Exponential)
            } else {
                quote!(#public::Buckets::Fixed(&[#(#buckets),*]))
            };
            quote!(#public::MetricKind::Distribution(#buckets))
        }
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

fn options(options: &Options, facade: &Facade) -> TokenStream {
    let public = facade.public();
    let Options { series_limit, expire_after, nav, for_reporters } = options;
    let default = quote!(#public::MetricOptions::DEFAULT);
    let mut fields = Vec::new();
    if let Some(limit) = series_limit {
        let limit = option(Some(Literal::u32_unsuffixed(*limit)));
        fields.push(quote!(series_limit: #limit));
    }
    if let Some(duration) = expire_after {
        let duration = option(Some(duration));
        fields.push(quote!(expire_after: #duration));
    }
    if let Some(nav) = nav {
        fields.push(quote!(nav: #nav));
    }
    if !for_reporters.is_empty() {
        let options = for_reporters.iter().map(|(name, value)| {
            let value = match value {
                ReporterValue::Bool(value) => quote!(Bool(#value)),
                ReporterValue::Integer(value) => quote!(Integer(#value)),
                ReporterValue::Float(value) => quote!(Float(#value)),
                ReporterValue::Str(value) => quote!(Str(#value)),
            };
            quote!((#name, #public::ReporterOption::#value))
        });
        fields.push(quote!(reporter_options: &[#(#options),*]));
    }
    match fields.len() {
        0 => default,
        // nothing is left of the default, which clippy remarks
        4 => quote!(#public::MetricOptions { #(#fields),* }),
        _ => quote!(#public::MetricOptions { #(#fields,)* ..#default }),
    }
}
