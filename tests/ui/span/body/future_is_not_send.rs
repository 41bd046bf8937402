#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

use std::rc::Rc;

#[telemetry::span(my_app.cart.checkout)]
async fn checkout() {
    let shared = Rc::new(7);
    std::future::ready(()).await;
    drop(shared);
}

fn spawn<F: Send>(_: F) {}

fn main() {
    spawn(checkout()); //~ checkout()
}
