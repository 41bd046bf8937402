telemetry::events! {
    event my_app.orders.placed
    event my_app.orders.paid; //~ event
}

fn main() {
    telemetry::execute!(my_app.orders.placed);
    telemetry::execute!(my_app.orders.paid);
}
