telemetry::events! {
    "my_app.orders.placed"; //~ "my_app.orders.placed"
    event my_app.orders.paid;
}

fn main() {
    telemetry::execute!(my_app.orders.paid);
}
