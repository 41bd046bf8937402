#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn sync() -> u32 { //~
    drop(7);
}

#[telemetry::span(my_app.cart.checkout)]
async fn asynchronous() -> u32 { //~ {
    drop(7);
}

fn main() {}
