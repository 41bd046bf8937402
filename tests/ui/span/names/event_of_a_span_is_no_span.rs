#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process.stop, payment_id = 1)] //~ my_app.payment.process.stop
fn charge() {}

fn main() {
    charge();
}
