//! What the programs execute, and metrics of every kind over it.

/// What the programs choose from.
#[derive(Debug, Clone, Copy, PartialEq, telemetry::Tag)]
pub(crate) enum Gateway {
    Stripe,
    #[tag("paypal")]
    PayPal,
    BankTransfer,
}

impl Gateway {
    pub(crate) const ALL: [Self; 3] = [Self::Stripe, Self::PayPal, Self::BankTransfer];

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::PayPal => "paypal",
            Self::BankTransfer => "bank_transfer",
        }
    }
}

/// What some tags are read from.
pub(crate) struct Labels {
    class: String,
    is_heavy: bool,
}

telemetry::events! {
    pub(crate) event p.ordered {
        measurements { cents: u64, change: i64, weight: f64, maybe: Option<f64> }
        metadata { region: &str, item: u32, retried: bool, gateway: Gateway }
    }
    pub(crate) event p.refunded {
        measurements { cents: u64 }
        metadata { region: &str, retried: bool }
    }
    pub(crate) event p.set { measurements { level: i64 } metadata { thread: usize } }
}

/// Inclusive.
pub(crate) const BOUNDS: [f64; 4] = [0.0, 10.0, 100.0, 500.0];
/// The series that `p.limited` may have.
pub(crate) const LIMIT: usize = 3;

telemetry::metrics! {
    counter(p.ordered.count);
    counter(name = p.places, events = [p.ordered], tags = [region, item]);
    sum(p.ordered.cents, tags = [region, item]);
    distribution(name = p.sizes, events = [p.ordered], measurement = cents, tags = [region, item],
        buckets = [0, 10, 100, 500]);
    counter(name = p.dense, events = [p.ordered], tags = [gateway, retried]);
    sum(p.ordered.change, tags = [gateway]);
    distribution(name = p.wide, events = [p.ordered], measurement = weight, tags = [gateway]);
    sum(p.ordered.weight, tags = [region]);
    summary(name = p.weights, events = [p.ordered], measurement = weight, tags = [region]);
    sum(p.ordered.maybe);
    sum(name = p.double, events = [p.ordered], measurement = |_, x| i128::from(x.change) * 2,
        tags = [site = "north"]);
    sum(name = p.both.cents, events = [p.ordered, p.refunded], tags = [region, retried]);
    counter(name = p.kept, events = [p.ordered], keep = |m| m.retried, tags = [region]);
    counter(name = p.small, events = [p.ordered], drop = |_, x| x.cents > 100, tags = [item]);
    counter(name = p.labels, events = [p.ordered], tags = [class, is_heavy],
        tag_values = |m, x| Labels { class: format!("class {}", m.item / 2), is_heavy: x.weight > 0.0 });
    counter(name = p.limited, events = [p.ordered], tags = [item], series_limit = 3);
    last_value(p.set.level, tags = [thread]);
}
