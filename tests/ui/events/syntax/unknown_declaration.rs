telemetry::events! {
    evnt my_app.orders.placed { measurements { amount_cents: u64 } } //~ evnt
}

fn main() {
    telemetry::execute!(my_app.orders.placed, { amount_cents: 1 });
}
