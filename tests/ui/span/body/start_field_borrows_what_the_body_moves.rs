mod events {
    telemetry::events! {
        span my_app.cart.checkout { metadata { name: &str } }
    }
}
use events::my_app;

#[telemetry::span(my_app.cart.checkout, name = &name)]
fn checkout(name: String) { //~ {
    drop(name);
}

fn main() {}
