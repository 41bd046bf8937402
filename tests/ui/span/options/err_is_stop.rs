#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, err = ok)] //~ ok
fn checkout() -> Result<(), ()> {
    Ok(())
}

fn main() {}
