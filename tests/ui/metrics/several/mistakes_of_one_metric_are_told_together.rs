#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    distribution(name = orders.amount_cents, events = [my_app.orders.placed, my_app.orders.], unit = bytes, //~ .], unit
//~^ bytes
        buckets = [1, 1], percentiles = [2], nav = "", tags = [region, regions, size = 1 + 1], //~ 1]
//~^ percentiles
//~^^ ""
//~^^^ regions
//~^^^^ 1 + 1
        keep = |m| m.order_id, expire_after = "1d", sereis_limit = 7); //~ m.order_id
//~^ "1d"
//~^^ sereis_limit
}

fn main() {}
