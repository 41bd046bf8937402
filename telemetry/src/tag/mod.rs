//! Tag values: what a metric's series are told apart by.

mod hash;
mod place;
mod room;
mod set;
mod texts;

use std::borrow::Cow;
use std::fmt;

pub use self::place::{Place, few, index};
pub use self::set::TagSet;

/// One tag's value, borrowed from the execution where it can be.
///
/// Values of different forms that print alike are one series: `7_u8` and `7_i64`, `"7"` and `7`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagValue<'v> {
    /// A text.
    Str(&'v str),
    /// A text that was made for this execution.
    Owned(String),
    /// An unsigned integer.
    Unsigned(u64),
    /// A signed integer.
    Signed(i64),
    /// A `bool`.
    Bool(bool),
    /// One of a few texts that are known at compile time: the fastest.
    Enum {
        /// Which one.
        index: usize,
        /// All of them.
        texts: &'static [&'static str],
    },
}

impl TagValue<'_> {
    /// The value as text.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Str(text) => Cow::Borrowed(text),
            Self::Owned(text) => Cow::Borrowed(text),
            Self::Enum { index, texts } => {
                Cow::Borrowed(texts.get(*index).copied().unwrap_or_default())
            }
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Unsigned(value) => Cow::Owned(value.to_string()),
            Self::Signed(value) => Cow::Owned(value.to_string()),
        }
    }
}

impl fmt::Display for TagValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

/// A type that a metric's tag may have. For enums without fields it is
/// [derived](macro@crate::Tag).
///
/// Floats have no place here: nearly every one would be a series of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a tag",
    label = "not a tag value",
    note = "tags are texts, integers, `bool`, enums with `#[derive(telemetry::Tag)]`, or `Option` of those; compute one with `name = |m| …`"
)]
pub trait Tag {
    /// How many values the type has, if they are few and [`place`](Self::place) tells them apart.
    #[doc(hidden)]
    const COUNT: Option<usize> = None;

    /// The value that tells series apart.
    fn tag(&self) -> TagValue<'_>;

    /// Which of its type's few values this is; `None` or not by the type alone.
    #[doc(hidden)]
    #[inline]
    fn place(&self) -> Option<Place> {
        None
    }
}

/// A computed tag's value, taken by value so that it may borrow from the execution.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a tag",
    label = "not a tag value",
    note = "tags are texts, integers, `bool`, enums with `#[derive(telemetry::Tag)]`, or `Option` of those"
)]
pub trait IntoTag<'v>: Sized {
    const COUNT: Option<usize> = None;

    fn into_tag(self) -> TagValue<'v>;

    #[inline]
    fn place(&self) -> Option<Place> {
        None
    }
}

macro_rules! tag {
    ($($variant:ident as $wide:ty: $($ty:ty)+;)+) => {$($(
        impl Tag for $ty {
            #[inline]
            fn tag(&self) -> TagValue<'_> {
                TagValue::$variant(<$wide>::from(*self))
            }
        }

        impl<'v> IntoTag<'v> for $ty {
            #[inline]
            fn into_tag(self) -> TagValue<'v> {
                TagValue::$variant(<$wide>::from(self))
            }
        }
    )+)+};
}

tag! {
    Unsigned as u64: u8 u16 u32 u64;
    Signed as i64: i8 i16 i32 i64;
}

impl Tag for bool {
    const COUNT: Option<usize> = Some(2);

    #[inline]
    fn tag(&self) -> TagValue<'_> {
        TagValue::Bool(*self)
    }

    #[inline]
    fn place(&self) -> Option<Place> {
        Some(Place { index: usize::from(*self), count: 2 })
    }
}

impl<'v> IntoTag<'v> for bool {
    const COUNT: Option<usize> = <Self as Tag>::COUNT;

    #[inline]
    fn into_tag(self) -> TagValue<'v> {
        TagValue::Bool(self)
    }

    #[inline]
    fn place(&self) -> Option<Place> {
        Tag::place(self)
    }
}

macro_rules! wide_tag {
    ($($variant:ident as $narrow:ty: $($ty:ty)+;)+) => {$($(
        impl Tag for $ty {
            /// A text only of what 64 bits do not hold: a text is allocated.
            #[inline]
            fn tag(&self) -> TagValue<'_> {
                (*self).into_tag()
            }
        }

        impl<'v> IntoTag<'v> for $ty {
            #[inline]
            fn into_tag(self) -> TagValue<'v> {
                match <$narrow>::try_from(self) {
                    Ok(value) => TagValue::$variant(value),
                    Err(_) => TagValue::Owned(self.to_string()),
                }
            }
        }
    )+)+};
}

wide_tag! {
    Unsigned as u64: u128 usize;
    Signed as i64: i128 isize;
}

/// The characters that texts need not be made of.
const ASCII: &str = {
    #[expect(clippy::cast_possible_truncation, reason = "below 128")]
    const BYTES: [u8; 128] = {
        let mut bytes = [0; 128];
        let mut byte = 0;
        while byte < bytes.len() {
            bytes[byte] = byte as u8;
            byte += 1;
        }
        bytes
    };
    match str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

impl Tag for char {
    #[inline]
    fn tag(&self) -> TagValue<'_> {
        (*self).into_tag()
    }
}

impl<'v> IntoTag<'v> for char {
    #[inline]
    fn into_tag(self) -> TagValue<'v> {
        let place = self as usize;
        match ASCII.get(place..=place) {
            Some(text) => TagValue::Str(text),
            None => TagValue::Owned(self.to_string()),
        }
    }
}

impl Tag for str {
    #[inline]
    fn tag(&self) -> TagValue<'_> {
        TagValue::Str(self)
    }
}

impl Tag for String {
    #[inline]
    fn tag(&self) -> TagValue<'_> {
        TagValue::Str(self)
    }
}

impl<'v> IntoTag<'v> for String {
    fn into_tag(self) -> TagValue<'v> {
        TagValue::Owned(self)
    }
}

impl Tag for Cow<'_, str> {
    #[inline]
    fn tag(&self) -> TagValue<'_> {
        TagValue::Str(self)
    }
}

impl<'v> IntoTag<'v> for Cow<'v, str> {
    fn into_tag(self) -> TagValue<'v> {
        match self {
            Cow::Borrowed(text) => TagValue::Str(text),
            Cow::Owned(text) => TagValue::Owned(text),
        }
    }
}

impl<T: Tag + ?Sized> Tag for &T {
    const COUNT: Option<usize> = T::COUNT;

    #[inline]
    fn tag(&self) -> TagValue<'_> {
        T::tag(self)
    }

    #[inline]
    fn place(&self) -> Option<Place> {
        T::place(self)
    }
}

impl<'v, T: Tag + ?Sized> IntoTag<'v> for &'v T {
    const COUNT: Option<usize> = T::COUNT;

    #[inline]
    fn into_tag(self) -> TagValue<'v> {
        self.tag()
    }

    #[inline]
    fn place(&self) -> Option<Place> {
        T::place(self)
    }
}

/// `None` is the empty text. There is no place: the empty text may also be one of the values.
impl<T: Tag> Tag for Option<T> {
    #[inline]
    fn tag(&self) -> TagValue<'_> {
        self.as_ref().map_or(TagValue::Str(""), T::tag)
    }
}

impl<'v, T: IntoTag<'v>> IntoTag<'v> for Option<T> {
    fn into_tag(self) -> TagValue<'v> {
        self.map_or(TagValue::Str(""), T::into_tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_of_what_is_neither_ascii_nor_fits_into_64_bits_and_of_nothing_else() {
        let unsigned = TagValue::Unsigned(7);
        assert_eq!(
            [Tag::tag(&7_usize), Tag::tag(&7_u128), 7_usize.into_tag()],
            [(); 3].map(|()| unsigned.clone())
        );
        assert_eq!(
            [Tag::tag(&-7_isize), Tag::tag(&-7_i128)],
            [(); 2].map(|()| TagValue::Signed(-7))
        );
        assert_eq!(Tag::tag(&u128::MAX), TagValue::Owned(u128::MAX.to_string()));
        assert_eq!(Tag::tag(&i128::MIN), TagValue::Owned(i128::MIN.to_string()));
        for ascii in '\0'..='\x7f' {
            assert_eq!(Tag::tag(&ascii), TagValue::Str(&ascii.to_string()));
        }
        assert_eq!('é'.into_tag(), TagValue::Owned("é".into()));
    }
}
