#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.repo.query.count, tags = [ratio = 0.5]); //~ 0.5
}

fn main() {}
