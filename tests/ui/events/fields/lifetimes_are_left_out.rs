telemetry::events! {
    event my_app.orders.placed { metadata { region: &'r str } } //~ 'r
}

fn main() {
    telemetry::execute!(my_app.orders.placed, {}, { region: "eu" });
}
