mod events {
    pub struct Address {
        pub zip: Vec<u8>,
    }

    telemetry::events! {
        event my_app.orders.sent { metadata { weight: f64, address: &Address } }
    }
}
use events::my_app;

struct Labels {
    weight: f64,
}

telemetry::metrics! {
    counter(my_app.orders.sent.count, tags = [weight], tag_values = |m| Labels { weight: m.weight }); //~ weight]
    counter(my_app.orders.sent.count, tags = [zip], tag_values = |m| m.address); //~ zip]
}

fn main() {}
