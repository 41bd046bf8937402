#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.repo.query.count, tags = [ratio = |m| m.ratio * 2.0]); //~ m.ratio
}

fn main() {}
