#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment, payment_id = 1)] //~ my_app.payment
fn charge() {}

fn main() {
    charge();
}
