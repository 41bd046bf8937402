#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, reporter_options = { rate = RATE, limit = 99999999999999999999, on }); //~ RATE
//~^ 99999999999999999999
//~^^ on }
}

fn main() {}
