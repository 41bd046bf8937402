#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(
    my_app.payment.process,
    payment_id = "1", //~ "1"
    payment_id = 1, //~ payment_id
    err = ok, //~ ok
    skip(secret), //~ skip
    stop(|_| retries = 1, gatway = "stripe") //~ gatway
)]
fn charge() {}

fn main() {}
