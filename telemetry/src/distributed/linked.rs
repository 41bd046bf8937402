//! Lists gathered by the linker.

/// Declares a list and a function that iterates over it.
macro_rules! list {
    ($(#[$attribute:meta])* $list:ident: $element:ty, $elements:ident) => {
        $(#[$attribute])*
        #[doc(hidden)]
        #[::linkme::distributed_slice]
        #[linkme(crate = ::linkme)]
        pub static $list: [$element];

        const _: () = assert!(
            $crate::distributed::names_this_version(stringify!($list)),
            "the list's name must end with this crate's version, `_V0_1` for 0.1.x"
        );

        fn $elements() -> impl Iterator<Item = $element> {
            $list.iter().copied()
        }
    };
}
pub(crate) use list;

/// `register! { LIST: Type = value }`: adds an element to a list.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($list:ident: $element:ty = $value:expr) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::$list)]
            #[linkme(crate = $crate::__private::linkme)]
            static __ELEMENT: $element = $value;
        };
    };
}
