//! What a vocabulary means: a tree of modules with events and spans at its nodes, types with their
//! lifetimes written out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, GenericArgument, Lifetime, PathArguments, Type, Visibility};

use super::parse::{Block, Declared, Entry, Kind};
use crate::docs::description;
use crate::paths::Facade;

/// A whole vocabulary.
pub(super) struct Model {
    pub(super) facade: Facade,
    /// The roots of the names; each node's children in the order of declaration.
    pub(super) roots: Vec<Node>,
}

/// One segment of a name, with what is declared there and below.
pub(super) struct Node {
    pub(super) ident: Ident,
    pub(super) item: Option<Item>,
    pub(super) children: Vec<Node>,
}

/// A declared event or span.
pub(super) struct Item {
    pub(super) ident: Ident,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) attributes: Vec<Attribute>,
    /// As declared, from where the block stands.
    pub(super) visibility: Visibility,
    /// How many modules of ours lie between the static and the block.
    pub(super) depth: usize,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Event { measurements: Fields, metadata: Fields },
    Span { start: Fields, stop_measurements: Fields, stop_metadata: Fields },
}

/// The fields of one struct.
pub(super) struct Fields {
    pub(super) list: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: Ident,
    pub(super) description: String,
    /// With `'a` wherever a lifetime was left out.
    pub(super) ty: Type,
    /// As declared.
    pub(super) type_name: String,
    pub(super) borrows: bool,
    /// Whether the type is written like a number's; an alias of one is not.
    pub(super) is_number: bool,
}

impl From<Block> for Model {
    fn from(block: Block) -> Self {
        let mut roots = Vec::new();
        for entry in block.entries {
            insert(&mut roots, entry);
        }
        Self { facade: block.facade, roots }
    }
}

fn insert(roots: &mut Vec<Node>, entry: Entry) {
    let segments = entry.name.segments().to_vec();
    let mut nodes = roots;
    let mut found = None;
    for (depth, segment) in segments.iter().enumerate() {
        let is_last = depth + 1 == segments.len();
        // A name that is declared twice gets a second node: rustc then reports what `check` did
        // not, for entries under `cfg`.
        let position = nodes
            .iter()
            .position(|node| node.ident == *segment && !(is_last && node.item.is_some()));
        let index = position.unwrap_or_else(|| {
            nodes.push(Node { ident: segment.clone(), item: None, children: Vec::new() });
            nodes.len() - 1
        });
        if is_last {
            found = Some(&mut nodes[index]);
            break;
        }
        nodes = &mut nodes[index].children;
    }
    if let Some(node) = found {
        node.item = Some(Item::new(entry));
    }
}

impl Item {
    fn new(entry: Entry) -> Self {
        let shape = match entry.kind {
            Kind::Event(event) => Shape::Event {
                measurements: Fields::new(event.measurements),
                metadata: Fields::new(event.metadata),
            },
            Kind::Span { metadata, stop } => Shape::Span {
                start: Fields::new(metadata),
                stop_measurements: Fields::new(stop.measurements),
                stop_metadata: Fields::new(stop.metadata),
            },
        };
        let visibility = match entry.visibility {
            Visibility::Inherited => Visibility::Public(syn::Token![pub](entry.name.span())),
            declared => declared,
        };
        Self {
            ident: entry.name.last().clone(),
            name: entry.name.name(),
            description: description(&entry.attributes),
            attributes: entry.attributes,
            visibility,
            depth: entry.name.segments().len() - 1,
            shape,
        }
    }

    /// Attributes that decide whether the item exists.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
    }
}

impl Node {
    /// The widest visibility below, as declared.
    pub(super) fn visibility(&self) -> Option<&Visibility> {
        let own = self.item.as_ref().map(|item| &item.visibility);
        let below = self.children.iter().filter_map(Self::visibility);
        own.into_iter().chain(below).max_by_key(|visibility| width(visibility))
    }
}

fn width(visibility: &Visibility) -> u8 {
    match visibility {
        Visibility::Public(_) => 3,
        Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => 2,
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => 0,
        _ => 1,
    }
}

/// The declared visibility, as it is written `depth` modules below the block.
pub(super) fn deepen(visibility: &Visibility, depth: usize) -> TokenStream {
    let Visibility::Restricted(restricted) = visibility else {
        return visibility.to_token_stream();
    };
    let path = &restricted.path;
    if path.segments.first().is_some_and(|segment| segment.ident == "crate") {
        return visibility.to_token_stream();
    }
    let ups = vec![quote!(super); depth];
    if path.is_ident("self") {
        return if depth == 0 { quote!() } else { quote!(pub(in #(#ups)::*)) };
    }
    quote!(pub(in #(#ups::)* #path))
}

impl Fields {
    fn new(declared: Vec<Declared>) -> Self {
        Self { list: declared.into_iter().map(Field::new).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn borrow(&self) -> bool {
        self.list.iter().any(|field| field.borrows)
    }

    /// `<'a>` if a field borrows.
    pub(super) fn lifetime(&self) -> TokenStream {
        if self.borrow() { quote!(<'a>) } else { quote!() }
    }
}

impl Field {
    fn new(declared: Declared) -> Self {
        let type_name = type_name(&declared.ty);
        let is_number = is_number(&declared.ty);
        let mut ty = declared.ty;
        let mut writer = Lifetimes { borrows: false };
        writer.visit_type_mut(&mut ty);
        Self {
            name: declared.name,
            description: description(&declared.attributes),
            ty,
            type_name,
            borrows: writer.borrows,
            is_number,
        }
    }

    /// The name without `r#`.
    pub(super) fn text(&self) -> String {
        self.name.unraw().to_string()
    }
}

fn is_number(ty: &Type) -> bool {
    const NUMBERS: [&str; 15] = [
        "Duration", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
        "u64", "u128", "usize",
    ];
    let Type::Path(path) = ty else { return false };
    if let Some(name) = path.path.get_ident() {
        return NUMBERS.iter().any(|number| name == number);
    }
    match path.path.segments.last() {
        Some(syn::PathSegment { ident, arguments: PathArguments::AngleBracketed(arguments) })
            if ident == "Option" =>
        {
            arguments.args.iter().all(|argument| match argument {
                GenericArgument::Type(ty) => is_number(ty),
                _ => false,
            })
        }
        _ => false,
    }
}

/// Writes `'a` where a lifetime was left out, and the standard library's paths for `Duration` and
/// `dyn Error`.
struct Lifetimes {
    borrows: bool,
}

impl Lifetimes {
    fn lifetime(&mut self, span: Span) -> Lifetime {
        self.borrows = true;
        Lifetime::new("'a", span)
    }
}

impl VisitMut for Lifetimes {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.lifetime(reference.and_token.span));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.lifetime(lifetime.span());
        }
    }

    /// Lifetimes that are left out in a function's type are its own.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        _: &mut syn::ParenthesizedGenericArguments,
    ) {
    }

    fn visit_type_path_mut(&mut self, path: &mut syn::TypePath) {
        if path.path.is_ident("Duration") {
            let span = path.path.segments[0].ident.span();
            path.path = syn::parse_quote_spanned!(span=> ::core::time::Duration);
        }
        visit_mut::visit_type_path_mut(self, path);
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut syn::TraitBound) {
        if bound.path.is_ident("Error") {
            let span = bound.path.segments[0].ident.span();
            bound.path = syn::parse_quote_spanned!(span=> ::core::error::Error);
        }
        visit_mut::visit_trait_bound_mut(self, bound);
    }
}

/// The type as a person writes it.
fn type_name(ty: &Type) -> String {
    let mut name = ty.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        ("& ", "&"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("( ", "("),
        (" )", ")"),
        ("[ ", "["),
        (" ]", "]"),
        (" ;", ";"),
    ] {
        name = name.replace(spaced, tight);
    }
    name
}
