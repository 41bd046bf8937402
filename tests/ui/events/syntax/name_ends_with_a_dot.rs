telemetry::events! {
    event my_app.orders.; //~ .
    event my_app.orders.paid;
}

fn main() {
    telemetry::execute!(my_app.orders.paid);
}
