#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, reporter_options = [statsd_rate = 0.5]); //~ [statsd
}

fn main() {}
