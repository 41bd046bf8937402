//! The types and the schema of an event.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::model::{Fields, Item};
use super::structs;
use crate::paths::Facade;

pub(super) fn types(
    item: &Item,
    measurements: &Fields,
    metadata: &Fields,
    facade: &Facade,
) -> TokenStream {
    let public = facade.public();
    let private = facade.private();
    let Item { name, description, .. } = item;
    let measurements_struct = structs::measurements(measurements, &[], name, facade);
    let metadata_struct = structs::metadata(metadata, name);
    let lifetime = metadata.lifetime();
    let measurement_fields = structs::field_constants(measurements, facade);
    let metadata_fields = structs::field_constants(metadata, facade);
    let measurement_values = structs::values(measurements, &private);
    let metadata_values = structs::values(metadata, &private);
    quote! {
        #measurements_struct
        #metadata_struct

        /// One execution, as a typed handler gets it.
        pub type Executed<'e> = #public::Executed<'e, __Schema>;

        #[doc(hidden)]
        pub struct __Schema;

        impl #public::EventSchema for __Schema {
            type Measurements = Measurements;
            type Metadata<'a> = Metadata #lifetime;
            const NAME: &'static str = #name;
            const DESCRIPTION: &'static str = #description;
            const MEASUREMENTS: &'static [#public::Field] = &[#measurement_fields];
            const METADATA: &'static [#public::Field] = &[#metadata_fields];

            fn measurement(__fields: &Measurements, __index: usize) -> #public::Value<'_> {
                use #private::{ValueViaAny as _, ValueViaDebug as _, ValueViaDisplay as _, ValueViaKnown as _};
                match __index {
                    #measurement_values
                    _ => #public::Value::Absent,
                }
            }

            fn metadatum<'a>(__fields: &'a Self::Metadata<'a>, __index: usize) -> #public::Value<'a> {
                use #private::{ValueViaAny as _, ValueViaDebug as _, ValueViaDisplay as _, ValueViaKnown as _};
                match __index {
                    #metadata_values
                    _ => #public::Value::Absent,
                }
            }

            fn shorten<'short, 'long: 'short>(
                metadata: &'short Self::Metadata<'long>,
            ) -> &'short Self::Metadata<'short> {
                metadata
            }
        }
    }
}
