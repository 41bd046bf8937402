//! The types and the schema of a span, and its three events.

mod stop;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Attribute;

use super::super::model::{Fields, Item};
use super::structs::{self, declaration};
use super::user_scope;
use crate::kind::Module;
use crate::paths::Facade;

/// The parts of a span's expansion, which share these.
pub(super) struct Span<'m> {
    pub(super) item: &'m Item,
    pub(super) start: &'m Fields,
    pub(super) stop_measurements: &'m Fields,
    pub(super) stop_metadata: &'m Fields,
    pub(super) facade: &'m Facade,
}

impl Span<'_> {
    pub(super) fn types(&self) -> TokenStream {
        let start_default = default_where(self.start.len() == 0);
        let start_struct =
            structs::plain("Start", self.start, "What the span is given when it starts.");
        let stop_struct = self.stop_struct();
        let schema = self.schema();
        let no_fields = self.no_fields();
        let start = self.start_event();
        let stop = self.stop_event();
        let exception = self.exception_event();
        quote! { #start_default #start_struct #stop_struct #schema #no_fields #start #stop #exception }
    }

    fn has_stop_fields(&self) -> bool {
        self.stop_measurements.len() + self.stop_metadata.len() > 0
    }

    fn stop_struct(&self) -> TokenStream {
        let lifetime = self.stop_metadata.lifetime();
        let declared =
            self.stop_measurements.list.iter().chain(&self.stop_metadata.list).map(declaration);
        let default = default_where(!self.has_stop_fields());
        quote! {
            /// What the span is given when it stops.
            #default
            pub struct Stop #lifetime { #(#declared)* }
        }
    }

    fn schema(&self) -> TokenStream {
        let public = self.facade.public();
        let private = self.facade.private();
        let Item { ident, name, description, .. } = self.item;
        let start_lifetime = self.start.lifetime();
        let stop_lifetime = self.stop_metadata.lifetime();
        let form = format_ident!("{}", if self.has_stop_fields() { "WithStop" } else { "NoStop" });
        let measurements = self.stop_measurements.list.iter().map(|field| &field.name);
        let metadata = self.stop_metadata.list.iter().map(|field| &field.name);
        quote! {
            #[doc(hidden)]
            pub struct __Schema;

            impl #public::SpanSchema for __Schema {
                type Start<'a> = Start #start_lifetime;
                type Stop<'a> = Stop #stop_lifetime;
                type StopForm = #private::#form;
                const NAME: &'static str = #name;
                const DESCRIPTION: &'static str = #description;

                fn span() -> &'static #public::Span<Self> {
                    &super::#ident
                }

                fn shorten<'short, 'long: 'short>(
                    __start: &'short Self::Start<'long>,
                ) -> &'short Self::Start<'short> {
                    __start
                }

                fn shorten_stop<'short, 'long: 'short>(
                    __stop: Self::Stop<'long>,
                ) -> Self::Stop<'short> {
                    __stop
                }

                fn execute_start<'a>(__start: &'a Self::Start<'a>, __phase: &#private::Phase) {
                    if start.wants_values() {
                        start.execute(
                            &#public::StartMeasurements::of(__phase),
                            &#public::StartMetadata::of(__start, __phase),
                        );
                    }
                }

                fn execute_stop<'a>(
                    __start: &'a Self::Start<'a>,
                    __stop: Self::Stop<'a>,
                    __result: #public::SpanResult,
                    __phase: &#private::Phase,
                ) {
                    if stop.wants_values() {
                        stop.execute(
                            &stop::Measurements {
                                duration: __phase.duration,
                                monotonic_time: __phase.monotonic_time,
                                #(#measurements: __stop.#measurements,)*
                            },
                            &stop::Metadata {
                                __start,
                                #(#metadata: __stop.#metadata,)*
                                result: __result,
                                span_context: __phase.span_context,
                            },
                        );
                    }
                }

                fn execute_exception<'a>(
                    __start: &'a Self::Start<'a>,
                    __kind: #public::ExceptionKind,
                    __reason: #public::Reason<'a>,
                    __panic: ::core::option::Option<&'a #private::PanicRecord>,
                    __phase: &#private::Phase,
                ) {
                    if exception.wants_values() {
                        exception.execute(
                            &#public::ExceptionMeasurements::of(__phase),
                            &#public::ExceptionMetadata::of(__start, __kind, __reason, __panic, __phase),
                        );
                    }
                }
            }
        }
    }

    /// That there is nothing to give, which a stream's span asks.
    fn no_fields(&self) -> Option<TokenStream> {
        let private = self.facade.private();
        (self.start.len() == 0 && !self.has_stop_fields()).then(|| {
            quote! {
                impl #private::NoFields for __Schema {
                    fn start() -> Start {
                        Start {}
                    }

                    fn stop() -> Stop {
                        Stop {}
                    }
                }
            }
        })
    }

    fn start_event(&self) -> TokenStream {
        let public = self.facade.public();
        let start_lifetime = self.start.lifetime();
        let types = quote! {
            pub use #public::StartMeasurements as Measurements;
            /// The declared fields, by deref, and the context.
            pub type Metadata<'a> = #public::StartMetadata<'a, super::Start #start_lifetime>;
        };
        self.phase("start", "START", "The span started.", &types)
    }

    fn exception_event(&self) -> TokenStream {
        let public = self.facade.public();
        let start_lifetime = self.start.lifetime();
        let types = quote! {
            pub use #public::ExceptionMeasurements as Measurements;
            /// The declared fields, by deref, and what happened.
            pub type Metadata<'a> = #public::ExceptionMetadata<'a, super::Start #start_lifetime>;
        };
        self.phase(
            "exception",
            "EXCEPTION",
            "The span ended with an error, a panic, or was dropped.",
            &types,
        )
    }

    /// The event and the schema of `start` or `exception`, whose structs are the facade's.
    fn phase(
        &self,
        phase: &str,
        constants: &str,
        summary: &str,
        types: &TokenStream,
    ) -> TokenStream {
        let private = self.facade.private();
        let measurements = format_ident!("{constants}_MEASUREMENTS");
        let metadata = format_ident!("{constants}_METADATA");
        let own_fields = if phase == "start" { 0..1_usize } else { 0..5 };
        let declared = structs::field_constants(self.start, self.facade);
        let values = structs::values(self.start, &private);
        let first_own = self.start.len();
        let parts = PhaseParts {
            phase,
            summary,
            types,
            measurement_fields: quote!(#private::#measurements),
            metadata_fields: quote!(&[#declared #(#private::#metadata[#own_fields]),*]),
            measurement: quote!(__fields.value(__index)),
            metadatum: quote! {
                match __index {
                    #values
                    _ => __fields.value(__index - #first_own),
                }
            },
        };
        self.phase_event(&parts)
    }

    /// One event of the span: its static, and a module with its types and schema.
    fn phase_event(&self, parts: &PhaseParts<'_>) -> TokenStream {
        let public = self.facade.public();
        let private = self.facade.private();
        let Item { ident, name, .. } = self.item;
        let PhaseParts {
            phase,
            summary,
            types,
            measurement_fields,
            metadata_fields,
            measurement,
            metadatum,
        } = parts;
        let name = format!("{name}.{phase}");
        let module_summary = format!("The types of the event `{name}`.");
        let phase = Ident::new(phase, ident.span());
        let deprecated = self.deprecated();
        let scope = user_scope(self.item.depth + 2);
        let kind = Module::Phase.declare(self.facade);
        quote! {
            #[doc = #summary]
            #(#deprecated)*
            pub static #phase: #public::Event<#phase::__Schema> =
                #public::Event::new(::core::option::Option::Some(super::#ident.any().listeners()));

            #[doc = #module_summary]
            pub mod #phase {
                #scope
                #kind
                #types

                /// One execution, as a typed handler gets it.
                pub type Executed<'e> = #public::Executed<'e, __Schema>;

                #[doc(hidden)]
                pub struct __Schema;

                impl #public::EventSchema for __Schema {
                    type Measurements = Measurements;
                    type Metadata<'a> = Metadata<'a>;
                    const NAME: &'static str = #name;
                    const DESCRIPTION: &'static str = #summary;
                    const MEASUREMENTS: &'static [#public::Field] = #measurement_fields;
                    const METADATA: &'static [#public::Field] = #metadata_fields;

                    fn measurement(__fields: &Measurements, __index: usize) -> #public::Value<'_> {
                        use #private::{ValueViaAny as _, ValueViaDebug as _, ValueViaDisplay as _, ValueViaKnown as _};
                        #measurement
                    }

                    fn metadatum<'a>(__fields: &'a Self::Metadata<'a>, __index: usize) -> #public::Value<'a> {
                        use #private::{ValueViaAny as _, ValueViaDebug as _, ValueViaDisplay as _, ValueViaKnown as _};
                        #metadatum
                    }

                    fn shorten<'short, 'long: 'short>(
                        metadata: &'short Self::Metadata<'long>,
                    ) -> &'short Self::Metadata<'short> {
                        metadata
                    }
                }
            }
        }
    }

    fn deprecated(&self) -> impl Iterator<Item = &Attribute> {
        self.item.attributes.iter().filter(|attribute| attribute.path().is_ident("deprecated"))
    }
}

/// So that nobody has to write a struct that has no fields.
fn default_where(is_empty: bool) -> Option<TokenStream> {
    is_empty.then(|| quote!(#[derive(::core::default::Default)]))
}

struct PhaseParts<'p> {
    phase: &'p str,
    summary: &'p str,
    types: &'p TokenStream,
    measurement_fields: TokenStream,
    metadata_fields: TokenStream,
    measurement: TokenStream,
    metadatum: TokenStream,
}
