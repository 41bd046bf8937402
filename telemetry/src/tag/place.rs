//! The number of a combination of tag values, where every tag has few.
//!
//! Where the series of a metric can be counted, no tag is hashed and no text is compared: the tags'
//! places are the digits of a number in a mixed radix, the first tag the most significant. All of
//! this is arithmetic on what is known at compile time, but for the digits themselves.

use super::IntoTag;

/// Which one of a type's few values one is.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Less than the count.
    pub index: usize,
    /// How many values there are.
    pub count: usize,
}

/// The number of the combination; `None` where one of the tags has no place, or the combinations are
/// more than a number can tell.
#[doc(hidden)]
#[inline]
pub fn index(places: &[Option<Place>]) -> Option<usize> {
    let (mut number, mut combinations) = (0_usize, 1_usize);
    for place in places {
        let place = (*place)?;
        combinations = combinations.checked_mul(place.count)?;
        number = number.wrapping_mul(place.count).wrapping_add(place.index);
    }
    Some(number)
}

/// What is known of the place of a computed tag before it is computed.
#[doc(hidden)]
#[inline]
pub fn few<'e, Metadata, Measurements, T: IntoTag<'e>>(
    _: fn(&'e Metadata, &'e Measurements) -> T,
) -> Option<Place> {
    T::COUNT.map(|count| Place { index: 0, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_digits_of_a_number() {
        let place = |index, count| Some(Place { index, count });
        assert_eq!(index(&[]), Some(0));
        assert_eq!(index(&[place(2, 3)]), Some(2));
        assert_eq!(index(&[place(2, 3), place(1, 2), place(4, 5)]), Some((2 * 2 + 1) * 5 + 4));
        assert_eq!(index(&[place(0, 3), None]), None);
        assert_eq!(index(&[place(0, usize::MAX), place(0, 2)]), None, "too many to be counted");
    }

    #[test]
    fn combinations_have_numbers_of_their_own() {
        let mut numbers = Vec::new();
        for first in 0..3 {
            for second in [false, true] {
                for third in 0..4 {
                    let place = |index, count| Some(Place { index, count });
                    let second = crate::tag::Tag::place(&second);
                    numbers.extend(index(&[place(first, 3), second, place(third, 4)]));
                }
            }
        }
        assert!(numbers.into_iter().eq(0..24));
    }
}
