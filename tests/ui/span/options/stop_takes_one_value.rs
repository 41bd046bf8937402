#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|n, more| retries = *n, gateway = "stripe"))] //~ , more
fn two() -> u32 {
    1
}

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|n retries = *n, gateway = "stripe"))] //~ retries
fn unclosed() -> u32 {
    1
}

fn main() {
    two();
    unclosed();
}
