#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, keep = |m| m.order > 7, tags = [size = |m, x| x.item_cont]); //~ order >
    //~^ item_cont
}

fn main() {}
