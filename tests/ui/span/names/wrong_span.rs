#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.chekout)] //~ my_app.cart.chekout
fn sync() {}

#[telemetry::span(my_app.cart.chekout)] //~ my_app.cart.chekout
async fn asynchronous() {}

fn main() {}
