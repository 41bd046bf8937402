#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|_| retries = 1))] //~ process
fn sync() {}

#[telemetry::span(my_app.payment.process, payment_id = 1, stop())] //~ process
async fn asynchronous() {}

fn main() {
    sync();
    drop(asynchronous());
}
