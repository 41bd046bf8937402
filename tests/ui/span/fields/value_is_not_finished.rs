#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process, payment_id = payment., stop(|_| retries = 1, gateway = "stripe"))] //~ .,
fn charge(payment: u64) {
    drop(payment);
}

fn main() {
    charge(1);
}
