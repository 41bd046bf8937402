#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    telemetry::execute!(my_app.orders.placed, { amount_cents: "1", item_count: 1 }, { order_id: 1, region: "eu" }); //~ "1"
}
