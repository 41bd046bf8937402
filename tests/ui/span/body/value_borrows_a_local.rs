#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn sync() -> &'static str {
    let text = String::new();
    &text //~ &text
}

#[telemetry::span(my_app.cart.checkout)]
async fn asynchronous() -> &'static str {
    let text = String::new();
    &text //~ &text
}

fn main() {}
