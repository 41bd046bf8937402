//! Signatures: numbers 1 to 27 but for methods of the list of what breaks attribute macros.

use std::fmt::Debug;
use std::future::Future;

use telemetry::span;

use crate::support::{block_on, one_span, shape};

// 1: plain
#[span(shape.run)]
fn plain(a: u32) -> u32 {
    a
}
#[span(shape.run)]
async fn plain_async(a: u32) -> u32 {
    a
}

#[test]
fn n01_plain() {
    one_span(|| assert_eq!(plain(1), 1));
    one_span(|| assert_eq!(block_on(plain_async(1)), 1));
}

// 2: order of keywords
#[span(shape.run)]
unsafe fn unsafe_sync(p: u8) -> u8 {
    p
}
#[span(shape.run)]
async unsafe fn unsafe_async(p: u8) -> u8 {
    p
}
#[span(shape.run)]
unsafe extern "C" fn unsafe_extern(p: u8) -> u8 {
    p
}

#[test]
fn n02_order_of_keywords() {
    // SAFETY: they are unsafe by word only.
    one_span(|| assert_eq!(unsafe { unsafe_sync(1) }, 1));
    // SAFETY: as above.
    one_span(|| assert_eq!(block_on(unsafe { unsafe_async(1) }), 1));
    // SAFETY: as above.
    one_span(|| assert_eq!(unsafe { unsafe_extern(1) }, 1));
}

// 6, 7: generics, where clauses, lifetimes, const generics
#[span(shape.run)]
fn generic<'a, T: Debug, const N: usize>(a: &'a [T; N]) -> &'a T
where
    T: Clone,
{
    &a[0]
}
#[span(shape.run)]
async fn generic_async<'a, T: Debug, const N: usize>(a: &'a [T; N]) -> &'a T
where
    T: Clone,
{
    &a[0]
}
#[span(shape.run)]
fn const_generic<const N: usize>(a: [u8; N]) -> usize {
    a.len() + N
}
#[span(shape.run)]
async fn const_generic_async<const N: usize>(a: [u8; N]) -> usize {
    a.len() + N
}

#[test]
fn n06_n07_generics() {
    one_span(|| assert_eq!(generic(&[7, 8]), &7));
    one_span(|| assert_eq!(block_on(generic_async(&[7, 8])), &7));
    one_span(|| assert_eq!(const_generic([0; 3]), 6));
    one_span(|| assert_eq!(block_on(const_generic_async([0; 3])), 6));
}

// 8: higher-ranked bounds, dyn and unsized generics
#[span(shape.run)]
fn higher_ranked<F>(g: F) -> u32
where
    F: for<'a> Fn(&'a u32) -> u32,
{
    g(&1)
}
#[span(shape.run)]
async fn higher_ranked_async<F>(g: F) -> u32
where
    F: for<'a> Fn(&'a u32) -> u32,
{
    g(&1)
}
#[span(shape.run)]
fn dynamic(f: &dyn Fn(u32) -> u32) -> u32 {
    f(1)
}
#[span(shape.run)]
fn unsized_generic<T: ?Sized + AsRef<str>>(text: &T) -> usize {
    text.as_ref().len()
}

#[test]
fn n08_higher_ranked_dyn_and_unsized() {
    one_span(|| assert_eq!(higher_ranked(|a| *a), 1));
    one_span(|| assert_eq!(block_on(higher_ranked_async(|a| *a)), 1));
    one_span(|| assert_eq!(dynamic(&|a| a + 1), 2));
    one_span(|| assert_eq!(unsized_generic("four"), 4));
}

// 9: impl Trait arguments
#[span(shape.run)]
fn impl_argument(a: impl Into<String>) -> String {
    a.into()
}
#[span(shape.run)]
async fn impl_argument_async(a: impl Into<String>, b: impl Fn(&str) -> usize) -> usize {
    b(&a.into())
}

#[test]
fn n09_impl_arguments() {
    one_span(|| assert_eq!(impl_argument("a"), "a"));
    one_span(|| assert_eq!(block_on(impl_argument_async("abc", str::len)), 3));
}

// 10, 11, 12: impl Trait in the return type
#[span(shape.run)]
fn impl_return(n: u8) -> impl Iterator<Item = u8> {
    0..n
}
#[span(shape.run)]
fn impl_in_tuple() -> (impl Fn() -> u32, u8) {
    (|| 1, 2)
}
#[span(shape.run)]
fn impl_in_result(n: u8) -> Result<impl Iterator<Item = u8>, String> {
    if n == 0 {
        return Err("none".into());
    }
    Ok(0..n)
}
#[span(shape.run)]
async fn closure_from_async(a: u32) -> impl Fn(u32) -> u32 {
    move |x| x + a
}
#[span(shape.run)]
fn precise<'a>(a: &'a str, _b: &str) -> impl Iterator<Item = char> + use<'a> {
    a.chars()
}
#[span(shape.run)]
fn future_in_tuple() -> (impl Future<Output = u32>, u8) {
    (async { 1 }, 2)
}

#[test]
fn n10_n11_n12_impl_in_the_return_type() {
    one_span(|| assert_eq!(impl_return(3).count(), 3));
    one_span(|| assert_eq!((impl_in_tuple().0)(), 1));
    one_span(|| assert_eq!(impl_in_result(2).unwrap().count(), 2));
    one_span(|| assert_eq!(block_on(closure_from_async(1))(2), 3));
    one_span(|| {
        let kept = String::from("ab");
        let iterator = {
            let short = String::from("c");
            precise(&kept, &short)
        };
        assert_eq!(iterator.count(), 2);
    });
    one_span(|| assert_eq!(block_on(future_in_tuple().0), 1));
}

// 13: never
#[span(shape.run)]
fn never() -> ! {
    panic!("never")
}
#[span(shape.run)]
async fn never_async() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

#[test]
fn n13_never() {
    let heard = crate::support::both_ways(|| {
        std::panic::catch_unwind(|| never()).unwrap_err();
    });
    assert_eq!(heard, ["start", "exception"]);
    let heard = crate::support::both_ways(|| {
        let mut future = std::pin::pin!(never_async());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    });
    assert_eq!(heard, ["start", "exception"]);
}

// 14: unit
#[span(shape.run)]
fn unit() {}
#[span(shape.run)]
fn unit_written() -> () {
    plain_unit();
}
#[span(shape.run)]
async fn unit_async() {
    std::future::ready(()).await
}
fn plain_unit() {}

#[test]
fn n14_unit() {
    one_span(unit);
    one_span(unit_written);
    one_span(|| block_on(unit_async()));
}

// 15, 16: elided lifetimes from mutable references
#[span(shape.run)]
fn shared_from_mutable(x: &mut u8) -> Result<&u8, &u8> {
    Ok(x)
}
struct Counter(u32);
impl Counter {
    #[span(shape.run)]
    fn field(&mut self) -> &mut u32 {
        &mut self.0
    }
    #[span(shape.run)]
    async fn field_async(&mut self) -> &mut u32 {
        &mut self.0
    }
}

#[test]
fn n15_n16_borrows_of_mutable_arguments() {
    one_span(|| assert_eq!(shared_from_mutable(&mut 1), Ok(&1)));
    one_span(|| *Counter(1).field() = 2);
    one_span(|| *block_on(Counter(1).field_async()) = 2);
}

// 20, 21: patterns and attributes on parameters
struct Point {
    x: u32,
    y: u32,
}
#[span(shape.run)]
fn patterns(
    Point { x, y: z }: Point,
    (a, mut b): (u32, u32),
    [c, d]: [u32; 2],
    &e: &u32,
    _: u8,
) -> u32 {
    b += 1;
    x + z + a + b + c + d + e
}
#[span(shape.run)]
async fn patterns_async(
    Point { x, y: z }: Point,
    (a, mut b): (u32, u32),
    [c, d]: [u32; 2],
    &e: &u32,
    _: u8,
) -> u32 {
    b += 1;
    x + z + a + b + c + d + e
}
#[span(shape.run)]
fn conditional_parameter(#[cfg(any())] a: u32, b: u32) -> u32 {
    b
}
#[span(shape.run)]
async fn conditional_parameter_async(#[cfg(any())] a: u32, #[cfg(not(any()))] b: u32) -> u32 {
    b
}
#[span(shape.run)]
async fn allowed_parameter(#[allow(unused_variables)] a: u32) {}

#[test]
fn n20_n21_patterns_and_attributes_on_parameters() {
    let point = || Point { x: 1, y: 2 };
    one_span(|| assert_eq!(patterns(point(), (3, 4), [5, 6], &7, 0), 29));
    one_span(|| assert_eq!(block_on(patterns_async(point(), (3, 4), [5, 6], &7, 0)), 29));
    one_span(|| assert_eq!(conditional_parameter(1), 1));
    one_span(|| assert_eq!(block_on(conditional_parameter_async(1)), 1));
    one_span(|| block_on(allowed_parameter(1)));
}

// 22, 23: raw identifiers, and names that macros like to use
#[span(shape.run)]
fn r#match(r#type: u32) -> u32 {
    r#type
}
#[span(shape.fields, id = u64::from(r#type), stop(|r#fn| text = r#fn.to_string()))]
async fn r#loop(r#type: u32) -> u32 {
    r#type
}
#[span(shape.run)]
#[expect(clippy::too_many_arguments, reason = "as many as there are names")]
fn liked_names(
    span: u8,
    e: u8,
    x: u8,
    result: u8,
    caller: u8,
    guard: u8,
    value: u8,
    __guard: u8,
) -> u8 {
    span + e + x + result + caller + guard + value + __guard
}
#[span(shape.run)]
async fn liked_names_async(
    span: u8,
    e: u8,
    x: u8,
    result: u8,
    guard: u8,
    value: u8,
    __value: u8,
) -> u8 {
    span + e + x + result + guard + value + __value
}

#[test]
fn n22_n23_names() {
    one_span(|| assert_eq!(r#match(1), 1));
    one_span(|| assert_eq!(block_on(r#loop(1)), 1));
    one_span(|| assert_eq!(liked_names(1, 1, 1, 1, 1, 1, 1, 1), 8));
    one_span(|| assert_eq!(block_on(liked_names_async(1, 1, 1, 1, 1, 1, 1)), 7));
}

// 24, 25: visibility, extern
mod inner {
    use telemetry::span;

    use crate::support::shape;

    #[span(shape.run)]
    pub(in crate::signatures) fn restricted() -> u8 {
        1
    }
    #[span(shape.run)]
    pub(super) async fn restricted_async() -> u8 {
        1
    }
}
#[span(shape.run)]
#[unsafe(no_mangle)]
extern "C" fn telemetry_shape_exported(a: u8) -> u8 {
    a
}

#[test]
fn n24_n25_visibility_and_extern() {
    one_span(|| assert_eq!(inner::restricted(), 1));
    one_span(|| assert_eq!(block_on(inner::restricted_async()), 1));
    one_span(|| assert_eq!(telemetry_shape_exported(1), 1));
}

// 26: late-bound lifetimes with a turbofish
#[span(shape.run)]
fn late_bound<T: Default>(a: &T) -> T {
    let _ = a;
    T::default()
}
#[span(shape.run)]
async fn late_bound_async<T: Default>(a: &T) -> T {
    let _ = a;
    T::default()
}

#[test]
fn n26_late_bound_lifetimes() {
    one_span(|| assert_eq!(late_bound::<u8>(&1), 0));
    one_span(|| assert_eq!(block_on(late_bound_async::<u8>(&1)), 0));
}

// 27: many parameters
#[span(shape.run)]
#[expect(clippy::too_many_arguments, reason = "that is what is tested")]
async fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
) -> u8 {
    a + b + c + d + e + f + g + h + i + j + k + l + m
}

#[test]
fn n27_many_parameters() {
    one_span(|| assert_eq!(block_on(many(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)), 13));
}
