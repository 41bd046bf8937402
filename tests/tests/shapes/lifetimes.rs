//! Lifetimes in signatures, which the body must meet as in the plain function: numbers 6, 12, 15 and
//! 26 of the list of what breaks attribute macros, once more.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use telemetry::span;

use crate::support::{block_on, one_span, pause, shape};

// bounds between them
#[span(shape.run)]
fn outlives<'a, 'b: 'a>(long: &'b str, short: &'a str, is_long: bool) -> &'a str {
    if is_long { long } else { short }
}
#[span(shape.run)]
async fn outlives_async<'a, 'b: 'a>(long: &'b str, short: &'a str, is_long: bool) -> &'a str {
    pause().await;
    if is_long { long } else { short }
}
#[span(shape.run)]
fn invariant<'a, 'b>(x: &'a mut &'b str) -> &'a mut &'b str {
    x
}
#[span(shape.run)]
async fn invariant_async<'a, 'b>(x: &'a mut &'b str) -> &'a mut &'b str {
    x
}

#[test]
fn n06_bounds_between_lifetimes() {
    let long = String::from("long");
    one_span(|| assert_eq!(outlives(&long, "short", true), "long"));
    one_span(|| assert_eq!(block_on(outlives_async(&long, "short", false)), "short"));
    one_span(|| assert_eq!(*invariant(&mut &*long), "long"));
    one_span(|| assert_eq!(*block_on(invariant_async(&mut &*long)), "long"));
}

// of the impl, of the method, elided
struct Reader<'text> {
    text: &'text str,
}

impl<'text> Reader<'text> {
    #[span(shape.run)]
    fn word(&mut self) -> Option<&'text str> {
        let (word, rest) = self.text.split_once(' ')?;
        self.text = rest;
        Some(word)
    }
    #[span(shape.run)]
    async fn word_async(&mut self) -> Option<&'text str> {
        pause().await;
        let (word, rest) = self.text.split_once(' ')?;
        self.text = rest;
        Some(word)
    }
    #[span(shape.run)]
    async fn elided(&self, _other: &str) -> &str {
        self.text
    }
    #[span(shape.run)]
    fn reader(&self) -> Reader<'_> {
        Reader { text: self.text }
    }
    #[span(shape.run)]
    fn boxed<'s>(&'s self) -> Pin<Box<dyn Future<Output = &'s str> + Send + 's>> {
        Box::pin(async move {
            pause().await;
            self.text
        })
    }
    #[span(shape.run)]
    fn returned<'s>(&'s self, more: &'s str) -> impl Future<Output = Vec<&'s str>> + Send + 's {
        async move {
            pause().await;
            std::iter::once(self.text).chain(Some(more)).collect()
        }
    }
}

#[test]
fn n15_lifetimes_of_impls_and_methods() {
    let text = String::from("one two ");
    one_span(|| {
        let word = {
            let mut reader = Reader { text: &text };
            reader.word()
        };
        assert_eq!(word, Some("one"));
    });
    one_span(|| assert_eq!(block_on(Reader { text: &text }.word_async()), Some("one")));
    one_span(|| assert_eq!(block_on(Reader { text: &text }.elided("")), text));
    one_span(|| assert_eq!(Reader { text: &text }.reader().text, text));
    one_span(|| assert_eq!(block_on(Reader { text: &text }.boxed()), text));
    one_span(|| assert_eq!(block_on(Reader { text: &text }.returned("x")).len(), 2));
}

// of functions in the value
#[span(shape.run)]
fn higher_ranked_box<'a>(
    suffix: &'a str,
) -> Box<dyn for<'t> Fn(&'t str) -> (&'t str, &'a str) + 'a> {
    Box::new(move |text| (text, suffix))
}
#[span(shape.run)]
fn elided_in_a_box() -> Box<dyn Fn(&str) -> &str> {
    Box::new(|text| text)
}
#[span(shape.run)]
async fn named_in_a_box<'a>(_: &'a str) -> Box<dyn Fn(&'a str) -> &'a str + 'a> {
    Box::new(|text| text)
}
#[span(shape.run)]
fn pointer<'a>(_: &'a str) -> for<'t> fn(&'t str, &'a str) -> &'t str {
    |text, _| text
}
#[span(shape.run)]
fn object<'a, T: Debug>(value: &'a T, one: bool) -> Result<Box<dyn Debug + 'a>, &'a dyn Debug> {
    if one {
        return Err(value);
    }
    Ok(Box::new(value))
}

#[test]
fn n26_lifetimes_of_functions_in_the_value() {
    one_span(|| assert_eq!(higher_ranked_box("a")("b"), ("b", "a")));
    one_span(|| assert_eq!(elided_in_a_box()("b"), "b"));
    one_span(|| assert_eq!(block_on(named_in_a_box(""))("b"), "b"));
    one_span(|| assert_eq!(pointer("a")("b", "c"), "b"));
    one_span(|| assert!(object(&1, false).is_ok()));
}

// constants in the types
struct Buffer<const N: usize>;

impl<const N: usize> Buffer<N> {
    const TWO: usize = 2;

    #[span(shape.run)]
    fn filled(byte: u8) -> [u8; N] {
        [byte; N]
    }
    #[span(shape.run)]
    async fn filled_async(byte: u8) -> [u8; 1 + 1] {
        [byte; 2]
    }
    #[span(shape.run)]
    fn constant() -> usize {
        Self::TWO + const { 1 + 1 }
    }
}

#[test]
fn n07_constants_in_types() {
    one_span(|| assert_eq!(Buffer::<3>::filled(1), [1; 3]));
    one_span(|| assert_eq!(block_on(Buffer::<3>::filled_async(1)), [1; 2]));
    one_span(|| assert_eq!(Buffer::<3>::constant(), 4));
}
