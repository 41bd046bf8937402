//! The facade under another name, and behind another crate's re-export.

/// What a library that re-exports the facade looks like.
mod library {
    pub(crate) mod reexport {
        pub(crate) use ::tel::*;
    }
}

mod events {
    tel::events! {
        crate = ::tel;

        event my_app.orders.placed { measurements { amount_cents: u64 } metadata { region: &str } }
        event my_app.orders.paid { metadata { gateway: super::Gateway } }
        span my_app.payment.process { stop { measurements { retries: u32 } } }
        span my_app.cart.checkout;
    }
}

mod reexported {
    crate::library::reexport::events! {
        crate = crate::library::reexport;

        event other.orders.placed { measurements { amount_cents: u64 } }
    }
}

#[derive(tel::Tag)]
#[tag(crate = ::tel)]
pub enum Gateway {
    Stripe,
    PayPal,
}

use events::my_app;
use reexported::other;

tel::metrics! {
    crate = ::tel;

    counter(my_app.orders.placed.count, tags = [region, site = "eu"]);
    sum(name = orders.cents, events = [my_app.orders.placed, other.orders.placed],
        measurement = |_, x| x.amount_cents, reporter_options = { rate = 0.5 });
    distribution(my_app.orders.placed.amount_cents, tags = [region], tag_values = |m| m, keep = |_| true);
    counter(my_app.orders.paid.count, tags = [gateway, other = |m| &m.gateway]);
    sum(other.orders.placed.amount_cents);
}

#[tel::span(my_app.payment.process, crate = ::tel, stop(|value| retries = *value))]
fn charge() -> u32 {
    tel::execute!(my_app.orders.placed, { amount_cents: 1 }, { region: "eu" });
    tel::execute!(other.orders.placed, { amount_cents: 1 });
    1
}

#[tel::span(my_app.cart.checkout, crate = crate::library::reexport)]
async fn checkout() -> Result<u32, String> {
    Ok(1)
}

#[tel::poll(every = "10s", crate = ::tel)]
fn look() {}

#[tel::poll(crate = crate::library::reexport)]
async fn look_later() {}

fn main() {
    let span = tel::start!(my_app.cart.checkout, {}, parent = tel::SpanContext::current());
    assert_eq!(charge(), 1);
    drop(checkout());
    span.stop();
    assert_eq!(tel::declared_polls().count(), 2);
}
