#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|Some(n)| retries = *n, gateway = "stripe"))] //~ Some
fn optional() -> Option<u32> {
    None
}

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|(a, b)| retries = a + b, gateway = "stripe"))] //~ (a, b)
fn no_tuple() -> u32 {
    1
}

fn main() {
    optional();
    no_tuple();
}
