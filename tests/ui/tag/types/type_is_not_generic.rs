#[derive(telemetry::Tag)]
enum Gateway<const N: usize> { //~ <const
    Stripe,
}

fn main() {
    telemetry::Tag::tag(&Gateway::<1>::Stripe);
}
