#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, stop())] //~ stop
#[track_caller]
fn with_stop() {}

#[telemetry::span(my_app.cart.checkout, err = stop)] //~ stop
#[track_caller]
fn with_err() -> Result<(), ()> {
    Ok(())
}

fn main() {}
