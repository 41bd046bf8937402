#![deny(dead_code)]

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn sync() {} //~ sync

#[telemetry::span(my_app.cart.checkout)]
async fn asynchronous() {} //~ asynchronous

fn main() {}
