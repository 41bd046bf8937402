#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

struct Labels<'m> {
    route: &'m str,
}

telemetry::metrics! {
    counter(my_app.orders.placed.count, tags = [rout], tag_values = |m| Labels { route: m.region }); //~ rout]
}

fn main() {}
