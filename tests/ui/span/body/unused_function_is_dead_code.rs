#![deny(dead_code)]

use std::future::Future;
use std::pin::Pin;

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn sync() {} //~ sync

#[telemetry::span(my_app.cart.checkout)]
async fn asynchronous() {} //~ asynchronous

#[telemetry::span(my_app.cart.checkout)]
fn returns_future() -> impl Future<Output = ()> { //~ returns_future
    async {}
}

#[telemetry::span(my_app.cart.checkout)]
fn returns_boxed() -> Pin<Box<dyn Future<Output = ()>>> { //~ returns_boxed
    Box::pin(async {})
}

#[telemetry::span(my_app.cart.checkout)]
#[track_caller]
fn tracked() {} //~ tracked

struct Shop;

impl Shop {
    #[telemetry::span(my_app.cart.checkout)]
    fn method(&self) {} //~ method

    #[telemetry::span(my_app.cart.checkout)]
    async fn asynchronous(&self) {}
}

fn main() {
    let _shop = Shop;
}
