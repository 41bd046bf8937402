//! What a vocabulary means: a tree of modules with events and spans at its nodes, types with their
//! lifetimes written out.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Type, Visibility};

use super::parse::{Block, Declared, Entry, Kind};
use super::types;
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

#[derive(Clone)]
pub(super) struct Field {
    pub(super) name: Ident,
    pub(super) description: String,
    /// As it is written where the struct stands.
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
        let depth = entry.name.segments().len();
        let shape = match entry.kind {
            Kind::Event(event) => Shape::Event {
                measurements: Fields::new(event.measurements, depth),
                metadata: Fields::new(event.metadata, depth),
            },
            Kind::Span { metadata, stop } => Shape::Span {
                start: Fields::new(metadata, depth),
                stop_measurements: Fields::new(stop.measurements, depth),
                stop_metadata: Fields::new(stop.metadata, depth),
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
            depth: depth - 1,
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
    /// `depth` is how many modules of ours lie between the struct and the block.
    fn new(declared: Vec<Declared>, depth: usize) -> Self {
        Self { list: declared.into_iter().map(|field| Field::new(field, depth)).collect() }
    }

    /// The same for a struct that lies one module further down.
    pub(super) fn deeper(&self) -> Self {
        let deeper = |field: &Field| Field { ty: types::deeper(field.ty.clone()), ..field.clone() };
        Self { list: self.list.iter().map(deeper).collect() }
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
    fn new(declared: Declared, depth: usize) -> Self {
        let type_name = types::name(&declared.ty);
        let is_number = types::is_number(&declared.ty);
        let mut ty = declared.ty;
        let borrows = types::write(&mut ty, depth);
        Self {
            name: declared.name,
            description: description(&declared.attributes),
            ty,
            type_name,
            borrows,
            is_number,
        }
    }

    /// The name without `r#`.
    pub(super) fn text(&self) -> String {
        self.name.unraw().to_string()
    }
}
