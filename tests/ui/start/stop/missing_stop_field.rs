#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let span = telemetry::start!(my_app.payment.process, { payment_id: 1 });
    span.stop(my_app::payment::process::Stop { retries: 0 }); //~ my_app::payment::process::Stop
}
