//! How an execution gives the values of a metric's tags, and the number of their combination.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Expr;
use syn::ext::IdentExt;

use super::super::closure::Place;
use super::super::literal::ungrouped;
use super::super::model::Metric;
use super::super::parse::{Tag, TagSource};
use super::source::Source;

impl Source<'_> {
    pub(super) fn read_tags(&self) -> TokenStream {
        let public = self.facade.public();
        let private = self.facade.private();
        let alias = self.alias();
        let tags = &self.metric.tags;
        if tags.is_empty() {
            return quote!(#public::ReadTags::None);
        }
        let functions = tags.iter().filter_map(|tag| self.computation(tag));
        let tag_values = self.tag_values();
        let values = tags.iter().map(|tag| self.tag(tag));
        let by_name = self.reads_twins().then(|| {
            let values = tags.iter().map(|tag| match &tag.value {
                TagSource::Field => {
                    let name = tag.name.unraw().to_string();
                    quote!(#private::tag_of(__e, #name))
                }
                _ => self.tag(tag),
            });
            quote!(else { #(__tags.push(#values);)* })
        });
        let index = self.index();
        let text = self.text();
        quote! {{
            #(#functions)*
            #public::ReadTags::Typed {
                read: {
                    fn __read<'e>(__e: &#public::Execution<'e>, __tags: &mut #public::TagSet) {
                        if let ::core::option::Option::Some(__executed) = __e.typed::<#alias::__Schema>() {
                            #tag_values
                            #(__tags.push(#values);)*
                        } #by_name
                    }
                    __read
                },
                index: #index,
                text: #text,
            }
        }}
    }

    /// The function that a tag's closure becomes, so that it is compiled once for its two callers.
    fn computation(&self, tag: &Tag) -> Option<TokenStream> {
        let TagSource::Closure(closure) = &tag.value else { return None };
        let public = self.facade.public_at(closure.span());
        let output = quote_spanned!(closure.span()=> impl #public::IntoTag<'e> + use<'e>);
        Some(self.function(&function_of(tag), closure, "'e", &output))
    }

    /// What the tags' fields are read from, if it is not the metadata.
    fn tag_values(&self) -> Option<TokenStream> {
        let closure = self.metric.tag_values.as_ref()?;
        let private = self.facade.private();
        let sources = [quote!(__executed.metadata), quote!(__executed.measurements)];
        let values = match closure.place() {
            Some(Place::Named) => closure.reference(sources),
            _ => closure.expression(sources, &quote!(#private::once)),
        };
        Some(quote! { let __values = #values; })
    }

    /// Whether the tags' fields are those of a value that was made for this execution.
    fn owns_values(&self) -> bool {
        self.metric.tag_values.as_ref().is_some_and(|closure| closure.place().is_none())
    }

    /// A field that a tag reads, or a reference to it where it outlives the function.
    fn field(&self, name: &Ident) -> TokenStream {
        let span = name.span();
        let from = if self.metric.tag_values.is_some() {
            quote_spanned!(span=> __values)
        } else {
            quote_spanned!(span=> __executed.metadata)
        };
        let reference = (!self.owns_values()).then(|| quote_spanned!(span=> &));
        quote_spanned!(span=> #reference #from.#name)
    }

    fn tag(&self, tag: &Tag) -> TokenStream {
        let name = &tag.name;
        let public = self.facade.public_at(name.span());
        match &tag.value {
            TagSource::Field => {
                let field = self.field(name);
                if self.owns_values() {
                    quote_spanned!(name.span()=> #public::IntoTag::into_tag(#field))
                } else {
                    quote_spanned!(name.span()=> #public::Tag::tag(#field))
                }
            }
            TagSource::Closure(_) => {
                let value = computed(tag);
                quote_spanned!(name.span()=> #public::IntoTag::into_tag(#value))
            }
            TagSource::Other(constant) => {
                quote_spanned!(name.span()=> #public::IntoTag::into_tag(#constant))
            }
        }
    }

    /// The places of what is no constant, as one number. What is computed is computed only if its
    /// type and those of all other tags have few values; values that are made for an execution are
    /// not made for this.
    fn index(&self) -> TokenStream {
        let public = self.facade.public();
        let private = self.facade.private();
        if self.owns_values() {
            return quote!(#private::no_index);
        }
        let alias = self.alias();
        let mut places = Vec::new();
        let mut computations = Vec::new();
        for tag in &self.metric.tags {
            let name = &tag.name;
            match &tag.value {
                TagSource::Field => {
                    let field = self.field(name);
                    let public = self.facade.public_at(name.span());
                    places.push(quote_spanned!(name.span()=> #public::Tag::place(#field)));
                }
                TagSource::Closure(_) => {
                    let (at, function, value) = (places.len(), function_of(tag), computed(tag));
                    places.push(quote!(#private::few(#function)));
                    computations.push(quote!(__places[#at] = #public::IntoTag::place(&#value);));
                }
                TagSource::Other(_) => {}
            }
        }
        let number = if computations.is_empty() {
            quote!(#private::index(&[#(#places),*]))
        } else {
            quote! {
                let mut __places = [#(#places),*];
                #private::index(&__places)?;
                #(#computations)*
                #private::index(&__places)
            }
        };
        let tag_values = self.tag_values();
        quote! {{
            fn __index(__e: &#public::Execution<'_>) -> ::core::option::Option<::core::primitive::usize> {
                match __e.typed::<#alias::__Schema>() {
                    ::core::option::Option::Some(__executed) => { #tag_values #number }
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
            __index
        }}
    }

    /// The option as it is written. What a path in it stands for depends on where the block stands,
    /// so that the text then says that too.
    fn text(&self) -> TokenStream {
        let Metric { tags, tag_values, .. } = self.metric;
        let mut text = tags.iter().map(Tag::text).collect::<Vec<_>>().join(", ");
        if let Some(closure) = tag_values {
            text = format!("{text}, tag_values = {}", closure.to_token_stream());
        }
        let has_paths = tags.iter().any(|tag| match &tag.value {
            TagSource::Other(value) => matches!(ungrouped(value), Expr::Path(_)),
            TagSource::Field | TagSource::Closure(_) => false,
        });
        if has_paths {
            let place = quote!(::core::file!(), ":", ::core::line!(), ":", ::core::column!());
            quote!(::core::concat!(#text, " at ", #place))
        } else {
            text.to_token_stream()
        }
    }
}

fn function_of(tag: &Tag) -> Ident {
    format_ident!("__{}", tag.name.unraw(), span = tag.name.span().resolved_at(Span::mixed_site()))
}

/// A call of that function.
fn computed(tag: &Tag) -> TokenStream {
    let function = function_of(tag);
    quote!(#function(__executed.metadata, __executed.measurements))
}
