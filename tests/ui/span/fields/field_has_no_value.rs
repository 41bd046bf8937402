#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(
    my_app.payment.process,
    payment_id = , //~ payment_id
    stop(|_| retries = 1, gateway =) //~ gateway
)]
fn charge() {}

fn main() {
    charge();
}
