//! What edition 2024 alone has, or means otherwise: numbers 36 and 77 of the list of what breaks
//! attribute macros. The other files are compiled in editions 2018 and 2021 too, by `hygiene`.

use std::cell::RefCell;
use std::sync::Mutex;

use telemetry::span;

use crate::support::{Dropped, block_on, one_span, pause, shape};

// 36: let chains
#[span(shape.run)]
fn chained(a: Option<u8>) -> u8 {
    if let Some(a) = a
        && let Some(b) = a.checked_sub(1)
        && b > 0
    {
        return b;
    }
    0
}
#[span(shape.run)]
async fn chained_async(a: Option<u8>) -> u8 {
    if let Some(a) = a
        && a > 1
    {
        pause().await;
        return a;
    }
    0
}

#[test]
fn n36_let_chains() {
    one_span(|| assert_eq!(chained(Some(3)), 2));
    one_span(|| assert_eq!(block_on(chained_async(Some(3))), 3));
}

// 77: what an `if let` looks at is dropped before its `else`, and a tail's temporaries before locals
#[span(shape.run)]
fn rescoped(value: &Mutex<Option<u8>>) -> u8 {
    if let Some(value) = *value.lock().unwrap() {
        value
    } else {
        // is locked still in the older editions
        value.lock().unwrap().get_or_insert(1).to_owned()
    }
}
#[span(shape.run)]
fn tail_borrows_a_local(text: &str) -> usize {
    let local = RefCell::new(text.to_owned());
    local.borrow().len()
}
#[span(shape.run)]
async fn tail_borrows_a_local_async(text: &str) -> usize {
    let local = RefCell::new(text.to_owned());
    pause().await;
    local.borrow().len()
}
#[span(shape.run)]
fn tail_before_local(log: &Mutex<Vec<&'static str>>) -> usize {
    let _local = Dropped("local", log);
    Dropped("temporary", log).0.len()
}

#[test]
fn n77_temporaries_live_as_long_as_edition_2024_says() {
    one_span(|| assert_eq!(rescoped(&Mutex::new(None)), 1));
    one_span(|| assert_eq!(tail_borrows_a_local("four"), 4));
    one_span(|| assert_eq!(block_on(tail_borrows_a_local_async("four")), 4));
    one_span(|| {
        let log = Mutex::default();
        assert_eq!(tail_before_local(&log), 9);
        assert_eq!(log.into_inner().unwrap(), ["temporary", "local"]);
    });
}

// 77: every lifetime is captured, and `gen` is a keyword
#[span(shape.run)]
fn captures_everything<T: AsRef<str>>(text: &T, _other: &str) -> impl Iterator<Item = char> {
    text.as_ref().chars()
}
#[span(shape.run)]
fn r#gen(r#gen: u8) -> u8 {
    r#gen
}

#[test]
fn n77_captures_and_keywords_of_edition_2024() {
    one_span(|| assert_eq!(captures_everything(&"ab", "").count(), 2));
    one_span(|| assert_eq!(r#gen(1), 1));
}
