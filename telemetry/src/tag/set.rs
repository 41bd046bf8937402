//! The tag values of one execution, gathered without an allocation.

use super::TagValue;

/// As many values stand in place; more are on the heap.
const IN_PLACE: usize = 6;

/// The values of a metric's tags for one execution, in the order of the tags.
#[derive(Debug)]
pub struct TagSet<'e> {
    len: usize,
    values: [TagValue<'e>; IN_PLACE],
    rest: Vec<TagValue<'e>>,
}

impl<'e> TagSet<'e> {
    /// No values.
    #[inline]
    pub const fn new() -> Self {
        Self { len: 0, values: [const { TagValue::Bool(false) }; IN_PLACE], rest: Vec::new() }
    }

    /// Adds the next value.
    #[inline]
    pub fn push(&mut self, value: TagValue<'e>) {
        match self.values.get_mut(self.len) {
            Some(place) => *place = value,
            None => self.rest.push(value),
        }
        self.len += 1;
    }

    /// How many values there are.
    #[inline]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no values.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values in the order of the tags.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &TagValue<'e>> + Clone {
        self.values[..self.len.min(IN_PLACE)].iter().chain(&self.rest)
    }
}

impl Default for TagSet<'_> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_order_past_those_in_place() {
        let mut set = TagSet::new();
        assert!(set.is_empty());
        for value in 0..20 {
            set.push(TagValue::Unsigned(value));
        }
        assert_eq!(set.len(), 20);
        assert!((0..20).map(TagValue::Unsigned).eq(set.iter().cloned()));
    }
}
