#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(
    my_app.payment.process,
    payment_id = 1 stop(|_| retries = 1 gateway = "stripe") //~ stop
)]
//~^^ gateway
fn charge() {}

fn main() {
    charge();
}
