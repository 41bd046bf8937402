#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn sync(order: Ordr) -> Recipt { //~ Ordr
    order //~^ Recipt
}

#[telemetry::span(my_app.cart.checkout)]
async fn asynchronous(order: Ordr) -> Recipt { //~ Ordr
    order //~^ Recipt
}

fn main() {}
