#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    telemetry::execute!(my_app.payment.process, {}, { payment_id: 7 }); //~ my_app.payment.process
}
