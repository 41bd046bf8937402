#![deny(unused_must_use)]
#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[must_use = "the value matters"]
#[telemetry::span(my_app.cart.checkout)]
async fn above() -> u8 {
    1
}

#[telemetry::span(my_app.cart.checkout)]
#[must_use = "the value matters"]
async fn below() -> u8 {
    1
}

async fn run() {
    above().await; //~ above
    below().await; //~ below
}

fn main() {
    drop(run());
}
