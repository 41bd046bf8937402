//! What editions before 2024 alone have, or mean otherwise.

use std::sync::Mutex;

use telemetry::span;

use crate::support::{block_on, one_span, pause, shape, Dropped};

#[span(shape.fields, id = u64::from(gen), stop(text = String::new()))]
fn gen(gen: u8) -> u8 {
    gen
}
#[span(shape.fields, id = 1, stop(|gen| text = gen.to_string()))]
fn gives_gen() -> u8 {
    1
}
#[span(shape.run)]
async fn gen_async(gen: u8) -> u8 {
    pause().await;
    gen
}

#[test]
fn gen_is_a_name() {
    one_span(|| assert_eq!(gen(1), 1));
    one_span(|| assert_eq!(gives_gen(), 1));
    one_span(|| assert_eq!(block_on(gen_async(1)), 1));
}

#[span(shape.run)]
fn tail_after_local(log: &Mutex<Vec<&'static str>>) -> usize {
    let _local = Dropped("local", log);
    Dropped("temporary", log).0.len()
}

#[test]
fn temporaries_of_a_tail_live_longer_than_locals() {
    one_span(|| {
        let log = Mutex::default();
        assert_eq!(tail_after_local(&log), 9);
        assert_eq!(log.into_inner().unwrap(), ["local", "temporary"]);
    });
}

#[span(shape.run)]
fn captures_what_is_named<'a>(text: &'a str, _other: &str) -> impl Iterator<Item = char> + 'a {
    text.chars()
}
#[span(shape.run)]
async fn captures_all_lifetimes(one: &mut u8, other: &u8) {
    pause().await;
    *one += other;
}

#[test]
fn captures_of_older_editions() {
    one_span(|| {
        let text = String::from("ab");
        let chars = captures_what_is_named(&text, &String::from("c"));
        assert_eq!(chars.count(), 2);
    });
    one_span(|| {
        let mut one = 1;
        block_on(captures_all_lifetimes(&mut one, &2));
        assert_eq!(one, 3);
    });
}

// an unsafe function's body is one unsafe block
#[span(shape.run)]
unsafe fn reads(pointer: *const u8) -> u8 {
    *pointer
}
#[span(shape.run)]
async unsafe fn reads_async(pointer: *const u8) -> u8 {
    pause().await;
    *pointer
}

#[test]
fn unsafe_functions_need_no_block() {
    one_span(|| assert_eq!(unsafe { reads(&1) }, 1));
    one_span(|| assert_eq!(block_on(unsafe { reads_async(&1) }), 1));
}
