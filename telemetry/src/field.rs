//! The description of a declared field, which by-name views and catalogues read.

/// One declared measurement or metadata field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name as declared, without `r#`.
    pub name: &'static str,
    /// The type as declared.
    pub type_name: &'static str,
    /// The doc comment, lines joined by newlines.
    pub description: &'static str,
}

impl Field {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        type_name: &'static str,
        description: &'static str,
    ) -> Self {
        Self { name, type_name, description }
    }
}
