#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, parent = 7)] //~ 7
fn sync() {}

#[telemetry::span(my_app.cart.checkout, parent = "root")] //~ "root"
async fn asynchronous() {}

fn main() {
    sync();
    drop(asynchronous());
}
