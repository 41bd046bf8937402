//! Futures in futures: four nested functions with an argument of 256 bytes, and how large they are.

/// The sizes of somebody's four levels.
pub struct Size {
    pub name: &'static str,
    /// The innermost first.
    pub bytes: [usize; 4],
}

/// Defines `sizes`, which gives the sizes of the four functions with an attribute.
macro_rules! levels {
    ($name:literal, $(#[$attribute:meta])*) => {
        pub fn sizes() -> Size {
            $(#[$attribute])*
            async fn first(argument: [u8; 256]) -> u8 {
                crate::work::Pause(false).await;
                argument[0]
            }
            $(#[$attribute])*
            async fn second(argument: [u8; 256]) -> u8 {
                first(argument).await + argument[1]
            }
            $(#[$attribute])*
            async fn third(argument: [u8; 256]) -> u8 {
                second(argument).await + argument[2]
            }
            $(#[$attribute])*
            async fn fourth(argument: [u8; 256]) -> u8 {
                third(argument).await + argument[3]
            }
            let argument = [1; 256];
            let bytes = [
                size_of_val(&first(argument)),
                size_of_val(&second(argument)),
                size_of_val(&third(argument)),
                size_of_val(&fourth(argument)),
            ];
            Size { name: $name, bytes }
        }
    };
}

pub(crate) use levels;

/// The functions without an attribute.
pub mod plain {
    use super::Size;

    levels! { "no attribute", }
}
