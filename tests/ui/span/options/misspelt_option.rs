#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, parrent = None::<telemetry::SpanContext>)] //~ parrent
fn parent() {}

#[telemetry::span(my_app.cart.checkout, er = stop)] //~ er
//~^ stop)
fn err() -> Result<(), ()> {
    Ok(())
}

fn main() {
    parent();
    drop(err());
}
