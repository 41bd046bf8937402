#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

use std::future::Future;
use std::pin::Pin;

#[telemetry::span(my_app.cart.checkout)]
fn future() -> impl Future<Output = u32> { //~ impl
    async { "seven" }
}

#[telemetry::span(my_app.cart.checkout)]
fn boxed() -> Pin<Box<dyn Future<Output = u32>>> {
    Box::pin(async { "seven" }) //~ Box
}

#[telemetry::span(my_app.cart.checkout)]
fn no_future() -> impl Future<Output = u32> { //~ impl
    7
}

fn main() {}
