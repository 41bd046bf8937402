#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let order = 7;
    telemetry::execute!(
        my_app.orders.placed,
        { amount_cent: 1, item_count: "1" }, //~ amount_cent
        //~^ "1"
        { order_id: order., regio: missing } //~ .,
        //~^ regio
        //~^^ missing
    );
}
