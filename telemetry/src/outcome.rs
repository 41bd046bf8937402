//! How spans end, and how a function's return value tells.
//!
//! Whether a value is a `Result` is found by its type and not by its spelling: generated code calls
//! `split` through references, and method resolution tries [`SplitResult`] first.

use std::convert::Infallible;
use std::fmt;

use crate::tag::{IntoTag, Place, Tag, TagValue};
use crate::value::{Known, Value};

/// Why a span ended with `exception`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExceptionKind {
    /// The function returned `Err`, or the guard was told so.
    Error,
    /// A panic unwound through the span.
    Panic,
    /// The future or the guard was dropped before the end.
    Cancelled,
}

impl ExceptionKind {
    /// `error`, `panic` or `cancelled`.
    pub const fn as_str(self) -> &'static str {
        Self::TEXTS[self as usize]
    }

    const TEXTS: &'static [&'static str] = &["error", "panic", "cancelled"];
}

/// What a span that ended with `stop` returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpanResult {
    /// Anything but `Err`.
    Ok,
    /// An `Err` that is a normal answer: `#[span(…, err = stop)]`.
    Error,
}

impl SpanResult {
    /// `ok` or `error`.
    pub const fn as_str(self) -> &'static str {
        Self::TEXTS[self as usize]
    }

    const TEXTS: &'static [&'static str] = &["ok", "error"];
}

/// An enum with a name for each variant, as a value and as a tag.
macro_rules! named {
    ($($ty:ty)+) => {$(
        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Known for $ty {
            fn value(&self) -> Value<'_> {
                Value::Str(self.as_str())
            }
        }

        impl Tag for $ty {
            const COUNT: Option<usize> = Some(Self::TEXTS.len());

            #[inline]
            fn tag(&self) -> TagValue<'_> {
                TagValue::Enum { index: *self as usize, texts: Self::TEXTS }
            }

            #[inline]
            fn place(&self) -> Option<Place> {
                Some(Place { index: *self as usize, count: Self::TEXTS.len() })
            }
        }

        impl<'v> IntoTag<'v> for $ty {
            const COUNT: Option<usize> = <Self as Tag>::COUNT;

            #[inline]
            fn into_tag(self) -> TagValue<'v> {
                TagValue::Enum { index: self as usize, texts: Self::TEXTS }
            }

            #[inline]
            fn place(&self) -> Option<Place> {
                Tag::place(self)
            }
        }
    )+};
}

named! { ExceptionKind SpanResult }

/// What an `exception` event says of its cause: the error's `Display`, else its `Debug`, else the
/// name of its type.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Reason<'a> {
    /// The cause displays itself.
    Display(&'a dyn fmt::Display),
    /// The cause can only be debug-printed.
    Debug(&'a dyn fmt::Debug),
    /// A text of the toolkit or a panic's message, or the type's name.
    Text(&'a str),
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Display(reason) => fmt::Display::fmt(reason, f),
            Self::Debug(reason) => fmt::Debug::fmt(reason, f),
            Self::Text(reason) => f.pad(reason),
        }
    }
}

impl fmt::Debug for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

/// A returned value or an error, as generated code asks about it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<'r, T: ?Sized>(pub &'r T);

#[doc(hidden)]
pub trait SplitResult<'r> {
    type Value;
    type Error;
    /// The `Ok` part or the `Err` part.
    fn split(&self) -> Result<&'r Self::Value, &'r Self::Error>;
}

impl<'r, T, E> SplitResult<'r> for &Probe<'r, Result<T, E>> {
    type Value = T;
    type Error = E;

    fn split(&self) -> Result<&'r T, &'r E> {
        self.0.as_ref()
    }
}

#[doc(hidden)]
pub trait SplitAny<'r> {
    type Value;
    /// The whole value.
    fn split(&self) -> Result<&'r Self::Value, &'r Infallible>;
}

impl<'r, T> SplitAny<'r> for Probe<'r, T> {
    type Value = T;

    fn split(&self) -> Result<&'r T, &'r Infallible> {
        Ok(self.0)
    }
}

#[doc(hidden)]
pub trait ReasonViaDisplay<'r> {
    fn reason(&self) -> Reason<'r>;
}

impl<'r, E: fmt::Display> ReasonViaDisplay<'r> for &&Probe<'r, E> {
    fn reason(&self) -> Reason<'r> {
        Reason::Display(self.0)
    }
}

#[doc(hidden)]
pub trait ReasonViaDebug<'r> {
    fn reason(&self) -> Reason<'r>;
}

impl<'r, E: fmt::Debug> ReasonViaDebug<'r> for &Probe<'r, E> {
    fn reason(&self) -> Reason<'r> {
        Reason::Debug(self.0)
    }
}

#[doc(hidden)]
pub trait ReasonViaAny<'r> {
    fn reason(&self) -> Reason<'r>;
}

impl<'r, E: ?Sized> ReasonViaAny<'r> for Probe<'r, E> {
    fn reason(&self) -> Reason<'r> {
        Reason::Text(std::any::type_name::<E>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_found_by_type_and_errors_by_their_best_form() {
        type Alias = std::io::Result<u8>;
        struct Silent;

        let fine: Alias = Ok(7);
        assert_eq!((&&Probe(&fine)).split().ok(), Some(&7));
        let failed: Alias = Err(std::io::Error::other("disk gone"));
        let error = (&&Probe(&failed)).split().expect_err("an error");
        assert_eq!((&&&Probe(error)).reason().to_string(), "disk gone");

        assert_eq!(Probe(&Some(1)).split().ok(), Some(&Some(1)));
        assert_eq!((&&Probe(&Some(1))).reason().to_string(), "Some(1)");
        assert!(Probe(&Silent).reason().to_string().ends_with("Silent"));
    }
}
