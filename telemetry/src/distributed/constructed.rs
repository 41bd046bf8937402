//! Lists gathered by constructors, which run before `main` or when a library is opened.

/// Declares a list and a function that iterates over it.
macro_rules! list {
    ($(#[$attribute:meta])* $list:ident: $element:ty, $elements:ident) => {
        $(#[$attribute])*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #[derive(Debug)]
        pub struct $list(pub $element);

        ::inventory::collect!($list);

        const _: () = assert!(
            $crate::distributed::names_this_version(stringify!($list)),
            "the list's name must end with this crate's version, as it must for linkme"
        );

        fn $elements() -> impl Iterator<Item = $element> {
            ::inventory::iter::<$list>.into_iter().map(|element| element.0)
        }
    };
}
pub(crate) use list;

/// `register! { LIST: Type = value }`: adds an element to a list.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($list:ident: $element:ty = $value:expr) => {
        $crate::__private::inventory::submit! { $crate::__private::$list($value) }
    };
}
