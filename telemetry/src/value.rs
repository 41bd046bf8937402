//! One field's value, as by-name views show it.
//!
//! Generated code picks the best form for a field's type by autoref: a known type becomes a number,
//! a text or a duration; else the type's `Display`, else its `Debug`, else the type's name.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::context::SpanContext;

/// One measurement or metadata field of an execution, borrowed from it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Value<'v> {
    /// A `None`, or no such field.
    Absent,
    /// A `bool`.
    Bool(bool),
    /// An unsigned integer that fits 64 bits.
    Unsigned(u64),
    /// A signed integer that fits 64 bits.
    Signed(i64),
    /// A float.
    Float(f64),
    /// A duration.
    Duration(Duration),
    /// A text.
    Str(&'v str),
    /// An error.
    Error(&'v (dyn Error + 'v)),
    /// The context of a span.
    SpanContext(&'v SpanContext),
    /// A value that is known by its `Display`.
    Display(&'v dyn fmt::Display),
    /// A value that is known by its `Debug`.
    Debug(&'v dyn fmt::Debug),
    /// A value of which only the type is known.
    Opaque(&'static str),
}

impl Value<'_> {
    /// Whether the field holds nothing.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Bool(value) => fmt::Display::fmt(value, f),
            Self::Unsigned(value) => fmt::Display::fmt(value, f),
            Self::Signed(value) => fmt::Display::fmt(value, f),
            Self::Float(value) => fmt::Display::fmt(value, f),
            Self::Duration(value) => fmt::Debug::fmt(value, f),
            Self::Str(value) => f.pad(value),
            Self::Error(value) => fmt::Display::fmt(value, f),
            Self::SpanContext(value) => fmt::Display::fmt(value, f),
            Self::Display(value) => fmt::Display::fmt(value, f),
            Self::Debug(value) => fmt::Debug::fmt(value, f),
            Self::Opaque(type_name) => write!(f, "<{type_name}>"),
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("None"),
            Self::Str(value) => fmt::Debug::fmt(value, f),
            Self::Error(value) => fmt::Debug::fmt(&value.to_string(), f),
            Self::SpanContext(value) => fmt::Debug::fmt(&value.to_string(), f),
            Self::Display(value) => fmt::Debug::fmt(&value.to_string(), f),
            other => fmt::Display::fmt(other, f),
        }
    }
}

/// A type with a [`Value`] of its own.
pub trait Known {
    /// The value as by-name views show it.
    fn value(&self) -> Value<'_>;
}

macro_rules! known {
    ($($variant:ident: $($ty:ty)+;)+) => {$($(
        impl Known for $ty {
            fn value(&self) -> Value<'_> {
                Value::$variant((*self).into())
            }
        }

        impl From<$ty> for Value<'_> {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )+)+};
}

known! {
    Bool: bool;
    Unsigned: u8 u16 u32 u64;
    Signed: i8 i16 i32 i64;
    Float: f32 f64;
    Duration: Duration;
}

macro_rules! known_if_it_fits {
    ($($variant:ident: $($ty:ty)+;)+) => {$($(
        impl Known for $ty {
            fn value(&self) -> Value<'_> {
                (*self).try_into().map_or(Value::Display(self), Value::$variant)
            }
        }
    )+)+};
}

known_if_it_fits! {
    Unsigned: u128 usize;
    Signed: i128 isize;
}

impl Known for str {
    fn value(&self) -> Value<'_> {
        Value::Str(self)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Str(text)
    }
}

impl Known for String {
    fn value(&self) -> Value<'_> {
        Value::Str(self)
    }
}

impl Known for Cow<'_, str> {
    fn value(&self) -> Value<'_> {
        Value::Str(self)
    }
}

impl Known for SpanContext {
    fn value(&self) -> Value<'_> {
        Value::SpanContext(self)
    }
}

impl Known for dyn Error + '_ {
    fn value(&self) -> Value<'_> {
        Value::Error(self)
    }
}

impl Known for dyn fmt::Debug + '_ {
    fn value(&self) -> Value<'_> {
        Value::Debug(self)
    }
}

impl Known for dyn fmt::Display + '_ {
    fn value(&self) -> Value<'_> {
        Value::Display(self)
    }
}

impl<T: Known + ?Sized> Known for &T {
    fn value(&self) -> Value<'_> {
        T::value(self)
    }
}

impl<T: Known> Known for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Absent, T::value)
    }
}

/// The field that generated code asks for its value, with as many references before it as
/// [`ValueViaKnown`] wants: method resolution then tries the traits in order.
#[doc(hidden)]
#[derive(Debug)]
pub struct ValueProbe<'v, T: ?Sized>(pub &'v T);

/// First choice: a type with a value of its own.
#[doc(hidden)]
pub trait ValueViaKnown<'v> {
    fn probe(&self) -> Value<'v>;
}

impl<'v, T: Known + ?Sized> ValueViaKnown<'v> for &&&ValueProbe<'v, T> {
    fn probe(&self) -> Value<'v> {
        self.0.value()
    }
}

/// Second choice: the type's `Display`.
#[doc(hidden)]
pub trait ValueViaDisplay<'v> {
    fn probe(&self) -> Value<'v>;
}

impl<'v, T: fmt::Display> ValueViaDisplay<'v> for &&ValueProbe<'v, T> {
    fn probe(&self) -> Value<'v> {
        Value::Display(self.0)
    }
}

/// Third choice: the type's `Debug`.
#[doc(hidden)]
pub trait ValueViaDebug<'v> {
    fn probe(&self) -> Value<'v>;
}

impl<'v, T: fmt::Debug> ValueViaDebug<'v> for &ValueProbe<'v, T> {
    fn probe(&self) -> Value<'v> {
        Value::Debug(self.0)
    }
}

/// Last choice: the type's name.
#[doc(hidden)]
pub trait ValueViaAny<'v> {
    fn probe(&self) -> Value<'v>;
}

impl<'v, T: ?Sized> ValueViaAny<'v> for ValueProbe<'v, T> {
    fn probe(&self) -> Value<'v> {
        Value::Opaque(std::any::type_name::<T>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! value_of {
        ($e:expr) => {
            format!("{:?}", (&&&&ValueProbe(&$e)).probe())
        };
    }

    #[test]
    fn every_type_shows_its_best_form() {
        struct Silent;
        #[derive(Debug)]
        struct Loud;
        let failure: Result<(), &dyn Error> = Err(&fmt::Error);

        assert_eq!(value_of!(7_u8), "7");
        assert_eq!(value_of!(-7_i128), "-7");
        assert_eq!(value_of!(u128::MAX), format!("{:?}", u128::MAX.to_string()));
        assert_eq!(value_of!("a\"b"), r#""a\"b""#);
        assert_eq!(value_of!(Some(String::from("x"))), "\"x\"");
        assert_eq!(value_of!(None::<u8>), "None");
        assert_eq!(value_of!(Duration::from_millis(5)), "5ms");
        assert_eq!(value_of!('c'), "\"c\"");
        assert_eq!(value_of!(Loud), "Loud");
        assert_eq!(value_of!(failure), "Err(Error)");
        assert!(value_of!(Silent).contains("Silent"));
    }

    #[test]
    fn contexts_are_values_of_their_own_and_print_as_texts() {
        let context = SpanContext::child_of(None, 1);
        let Value::SpanContext(seen) = context.value() else {
            panic!("a context");
        };
        assert_eq!(*seen, context);
        assert_eq!(value_of!(context), format!("{:?}", context.to_string()));
    }
}
