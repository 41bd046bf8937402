#[derive(telemetry::Tag)]
enum Gateway {
    #[tag("a")]
    #[tag("b")] //~ "b"
    Stripe,
}

fn main() {}
