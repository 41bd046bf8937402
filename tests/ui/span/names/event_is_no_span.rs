#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.orders.placed)] //~ my_app.orders.placed
fn sync() {}

#[telemetry::span(my_app.repo.query, ratio = 1.0, stop(|_| rows = 1))] //~ my_app.repo.query
async fn asynchronous() -> u8 {
    7
}

fn main() {}
