telemetry::events! {
    event my_app.orders.placed { metadata { id: u64, user_id: u64, id: &str } } //~ id: &str
}

fn main() {
    telemetry::execute!(my_app.orders.placed, {}, { id: 1, user_id: 2 });
}
