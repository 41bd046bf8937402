#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.repo.query.count, tags = [address]); //~ address
}

fn main() {}
