#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
#[track_caller]
fn checkout() -> u32 {
    "seven" //~ "seven"
}

fn main() {}
