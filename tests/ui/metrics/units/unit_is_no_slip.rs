#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    sum(my_app.repo.query.total_time, unit = seconds); //~ seconds
}

fn main() {}
