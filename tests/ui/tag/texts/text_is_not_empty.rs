#[derive(telemetry::Tag)]
enum Gateway {
    #[tag("")] //~ ""
    Stripe,
}

fn main() {}
