#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, stopp(|_| retries = 1))] //~ stopp
fn checkout() {}

#[telemetry::span(my_app.cart.checkout, err(stop))] //~ err
fn err() {}

#[telemetry::span(my_app.cart.checkout, parent(None))] //~ parent
fn parent() {}

#[telemetry::span(my_app.cart.checkout, crate(::telemetry))] //~ (::telemetry)
fn facade() {}

fn main() {
    err();
    parent();
    facade();
    checkout();
}
