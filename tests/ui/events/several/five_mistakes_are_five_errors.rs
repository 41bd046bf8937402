telemetry::events! {
    evnt my_app.orders.placed; //~ evnt
    event orders; //~ orders
    event my_app.orders.paid { measurements { amount } } //~ amount
    span my_app.orders.pack { metadata { duration: u64 } } //~ duration
    event my_app.orders.sent { metadata { id: u64, id: u64 } } //~ id: u64 }
    event my_app.orders.returned { metadata { id: u64 } }
}

fn main() {
    telemetry::execute!(my_app.orders.returned, {}, { id: 1 });
}
