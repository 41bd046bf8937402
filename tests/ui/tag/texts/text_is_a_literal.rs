#[derive(telemetry::Tag)]
enum Gateway {
    #[tag(rename = "stripe")] //~ tag(rename
    Stripe,
    #[tag] //~ tag]
    PayPal,
}

fn main() {}
