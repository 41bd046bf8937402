#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process, payment_id = 1, stop = |_| retries = 1)] //~ stop
fn charge() {}

#[telemetry::span(my_app.payment.process, payment_id = 1, stop)] //~ stop
fn without() {}

fn main() {
    without();
    charge();
}
