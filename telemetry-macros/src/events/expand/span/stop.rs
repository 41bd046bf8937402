//! The event `stop`, whose structs hold declared fields.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::super::super::model::Fields;
use super::super::structs::{self, declaration};
use super::{PhaseParts, Span};

impl Span<'_> {
    pub(super) fn stop_event(&self) -> TokenStream {
        let public = self.facade.public();
        let private = self.facade.private();
        let name = format!("{}.stop", self.item.name);
        let own = [
            ("duration", "The time since the start."),
            ("monotonic_time", "The monotonic clock's reading."),
        ];
        let measurements_struct =
            structs::measurements(&self.stop_measurements.deeper(), &own, &name, self.facade);
        let declared_metadata = self.stop_metadata.deeper();
        let declared_metadata = declared_metadata.list.iter().map(declaration);
        let start_lifetime = self.start.lifetime();
        let types = quote! {
            #measurements_struct

            /// The fields of the start, by deref, those of the stop, and the context.
            pub struct Metadata<'a> {
                #[doc(hidden)]
                pub __start: &'a super::Start #start_lifetime,
                #(#declared_metadata)*
                /// `error` for an `Err` that is a normal answer, else `ok`.
                pub result: #public::SpanResult,
                /// The span's context.
                pub span_context: #public::SpanContext,
            }

            impl<'a> ::core::ops::Deref for Metadata<'a> {
                type Target = super::Start #start_lifetime;

                fn deref(&self) -> &Self::Target {
                    self.__start
                }
            }
        };
        let measurement_fields = structs::field_constants(self.stop_measurements, self.facade);
        let start_fields = structs::field_constants(self.start, self.facade);
        let stop_fields = structs::field_constants(self.stop_metadata, self.facade);
        let names =
            |fields: &Fields| fields.list.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
        let own = |name: &str| Ident::new(name, proc_macro2::Span::call_site());
        let mut measurements = vec![own("duration"), own("monotonic_time")];
        measurements.extend(names(self.stop_measurements));
        let mut metadata = names(self.start);
        metadata.extend(names(self.stop_metadata));
        metadata.extend([own("result"), own("span_context")]);
        let measurement_index = 0..measurements.len();
        let metadata_index = 0..metadata.len();
        let parts = PhaseParts {
            phase: "stop",
            summary: "The span ended well.",
            types: &types,
            measurement_fields: quote! {
                &[#private::STOP_MEASUREMENTS[0], #private::STOP_MEASUREMENTS[1], #measurement_fields]
            },
            metadata_fields: quote! {
                &[#start_fields #stop_fields #private::STOP_METADATA[0], #private::STOP_METADATA[1]]
            },
            measurement: quote! {
                match __index {
                    #(#measurement_index => (&&&&#private::ValueProbe(&__fields.#measurements)).probe(),)*
                    _ => #public::Value::Absent,
                }
            },
            metadatum: quote! {
                match __index {
                    #(#metadata_index => (&&&&#private::ValueProbe(&__fields.#metadata)).probe(),)*
                    _ => #public::Value::Absent,
                }
            },
        };
        self.phase_event(&parts)
    }
}
