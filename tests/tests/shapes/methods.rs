//! Methods: numbers 17 to 19 of the list of what breaks attribute macros.

use std::fmt::Debug;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use telemetry::span;

use crate::support::{block_on, one_span, shape};

// 17: every self
#[derive(Clone)]
struct Own(u32);
impl Own {
    #[span(shape.run)]
    fn by_value(self) -> u32 {
        self.0
    }
    #[span(shape.run)]
    fn by_mutable_value(mut self) -> u32 {
        self.0 += 1;
        self.0
    }
    #[span(shape.run)]
    #[expect(clippy::boxed_local, reason = "that is what is tested")]
    fn boxed(self: Box<Self>) -> u32 {
        self.0
    }
    #[span(shape.run)]
    async fn shared(self: Arc<Self>) -> u32 {
        self.0
    }
    #[span(shape.run)]
    fn by_reference_to_rc(self: &Rc<Self>) -> u32 {
        self.0
    }
    #[span(shape.run)]
    async fn pinned(self: Pin<&mut Self>) -> u32 {
        self.0
    }
    #[span(shape.run)]
    async fn by_mutable_value_async(mut self) -> u32 {
        self.0 += 1;
        self.0
    }
    #[span(shape.run)]
    async fn by_reference_async(&self) -> &u32 {
        &self.0
    }
    #[span(shape.run)]
    fn associated(a: u32) -> Self {
        Self(a)
    }
}

#[test]
fn n17_every_self() {
    let own = Own(1);
    one_span(|| assert_eq!(own.clone().by_value(), 1));
    one_span(|| assert_eq!(own.clone().by_mutable_value(), 2));
    one_span(|| assert_eq!(Box::new(own.clone()).boxed(), 1));
    one_span(|| assert_eq!(block_on(Arc::new(own.clone()).shared()), 1));
    one_span(|| assert_eq!(Rc::new(own.clone()).by_reference_to_rc(), 1));
    one_span(|| assert_eq!(block_on(Pin::new(&mut own.clone()).pinned()), 1));
    one_span(|| assert_eq!(block_on(own.clone().by_mutable_value_async()), 2));
    one_span(|| assert_eq!(block_on(own.by_reference_async()), &1));
    one_span(|| assert_eq!(Own::associated(3).0, 3));
}

// 18, 19: Self, associated types, default methods
trait Associated: Debug {
    type Output;
    type Borrowed<'a>
    where
        Self: 'a;
    fn output(&self) -> Self::Output;
    fn borrowed<'a>(&'a self) -> Self::Borrowed<'a>;
    #[span(shape.run)]
    fn by_default(&self) -> u32
    where
        Self: Sized,
    {
        2
    }
}
#[derive(Debug)]
struct Implements(String);
impl Associated for Implements {
    type Output = usize;
    type Borrowed<'a> = &'a str;
    #[span(shape.run)]
    fn output(&self) -> Self::Output {
        self.0.len()
    }
    #[span(shape.run)]
    fn borrowed<'a>(&'a self) -> Self::Borrowed<'a> {
        &self.0
    }
}
impl<T: Debug> Associated for Vec<T> {
    type Output = Option<usize>;
    type Borrowed<'a>
        = &'a [T]
    where
        Self: 'a;
    #[span(shape.run)]
    fn output(&self) -> Self::Output {
        Some(self.len())
    }
    #[span(shape.run)]
    fn borrowed<'a>(&'a self) -> Self::Borrowed<'a> {
        self
    }
}

#[test]
fn n18_n19_traits() {
    let own = Implements("abc".into());
    one_span(|| assert_eq!(own.output(), 3));
    one_span(|| assert_eq!(own.borrowed(), "abc"));
    one_span(|| assert_eq!(own.by_default(), 2));
    one_span(|| assert_eq!(vec![1].output(), Some(1)));
    one_span(|| assert_eq!(vec![1].borrowed(), [1]));
}
