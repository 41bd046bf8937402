#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|n| retries = n, gateway = "stripe"))] //~ n, gateway
fn sync() -> u32 {
    1
}

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|n| retries = n, gateway = "stripe"))] //~ n, gateway
async fn asynchronous() -> u32 {
    1
}

fn main() {}
