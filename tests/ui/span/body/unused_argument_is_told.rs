#![deny(unused_mut, unused_variables)]

use std::future::Future;
use std::pin::Pin;

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
pub fn sync(user: u32) {} //~ user

#[telemetry::span(my_app.cart.checkout)]
pub async fn asynchronous(user: u32) {} //~ user

pub struct Shop;

impl Shop {
    #[telemetry::span(my_app.cart.checkout)]
    pub async fn method(&self, (a, b): (u32, u32)) -> u32 { //~ b)
        a
    }
}

#[telemetry::span(my_app.cart.checkout)]
pub fn returns_future(user: u32) -> impl Future<Output = ()> { //~ user
    async {}
}

#[telemetry::span(my_app.cart.checkout)]
pub fn returns_boxed(user: u32) -> Pin<Box<dyn Future<Output = ()>>> { //~ user
    Box::pin(async {})
}

#[telemetry::span(my_app.cart.checkout)]
#[track_caller]
pub fn tracked(user: u32) {} //~ user

#[telemetry::span(my_app.cart.checkout)]
pub async fn mutable(mut count: u32) -> u32 { //~ mut
    count
}

fn main() {}
