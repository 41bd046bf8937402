#[derive(telemetry::Tag)]
#[tag("gateway")] //~ tag(
enum Gateway {
    Stripe,
}

fn main() {}
