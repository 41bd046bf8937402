//! A library that denies what it can.
#![deny(
    future_incompatible,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused,
    unused_lifetimes,
    unused_qualifications,
    warnings
)]
#![forbid(unsafe_code)]

/// The vocabulary.
pub mod events {
    telemetry::events! {
        /// An order was placed.
        event my_app.orders.placed {
            measurements {
                /// What it costs.
                amount_cents: u64,
            }
            metadata { region: &str, name: String }
        }

        /// An order was put on the scales.
        event my_app.orders.weighed { measurements { grams: super::Grams } }

        /// Charging.
        span my_app.payment.process {
            metadata { payment_id: u64 }
            stop { measurements { retries: u32 } metadata { gateway: &str } }
        }

        /// The way to the till.
        #[deprecated = "there is no till any more"]
        span my_app.cart.checkout;

        pub(crate) event my_app.internal.ping;

        /// An order was paid.
        event my_app.orders.paid { metadata { gateway: super::Gateway, retried: bool } }
        pub(self) span my_app.internal.secret;
    }

    pub(super) fn secret() {
        telemetry::start!(my_app.internal.secret).stop();
    }
}

/// Who takes the money.
#[derive(Debug, Clone, Copy, telemetry::Tag)]
pub enum Gateway {
    /// By card.
    #[deprecated = "nobody has one"]
    Stripe,
    /// By mail.
    #[tag("paypal")]
    PayPal,
}

/// A weight.
pub type Grams = f64;

mod private {
    telemetry::events! {
        event hidden.inside.placed { measurements { n: u8 } }
    }
}

use events::my_app;
use private::hidden;

const SITE: &str = "north";

/// What tags are read from.
struct Labels<'m> {
    region: &'m str,
    length: usize,
}

telemetry::metrics! {
    pub static ORDERS;
    counter(name = my_app.traffic, events = [my_app.orders.placed, my_app.payment.process.stop],
        tags = [kind = |_| "any", site = SITE], keep = |_| { true });
    summary(name = my_app.spent, events = [my_app.orders.placed, my_app.orders.weighed],
        percentiles = [0.5, 1], nav = "Orders", series_limit = 7, expire_after = "1h",
        measurement = |_, x| {
            let _ = x;
            1_u32
        }, reporter_options = { rate = 0.5, on = true, text = "x", depth = -1 });
    distribution(my_app.orders.placed.half, buckets = exponential(1, 2, 5), measurement = |_, x| -> Option<u64> {
        if x.amount_cents == 0 { return None; }
        Some(x.amount_cents / 2)
    });
    distribution(my_app.orders.placed.amount_cents, name = my_app.native, tags = [region, length],
        tag_values = |m| Labels { region: m.region, length: m.region.len() });
    counter(my_app.orders.placed.count, name = my_app.early, tags = [length], tag_values = |m| {
        if m.region.is_empty() {
            return Labels { region: "", length: 0 };
        }
        Labels { region: m.region, length: m.region.len() }
    });

    /// Orders.
    counter(my_app.orders.placed.count, tags = [region, long = |m| m.name.len() > 2]);
    sum(my_app.orders.placed.amount_cents, keep = |m| m.region != "eu");
    distribution(my_app.payment.process.stop.duration, unit = native => second, buckets = [1, 2.5]);
    last_value(my_app.orders.weighed.grams);
    counter(my_app.orders.paid.count, tags = [gateway, retried, other = |m| m.gateway]);
    counter(hidden.inside.placed.count);
}

/// Charges.
///
/// # Errors
/// Never.
#[telemetry::span(my_app.payment.process, payment_id = id, stop(|value| retries = *value, gateway = "none"))]
pub fn charge(id: u64) -> Result<u32, String> {
    telemetry::execute!(my_app.orders.placed, { amount_cents: id }, { region: "eu", name: String::new() });
    telemetry::execute!(my_app.orders.weighed, { grams: 1.0 });
    telemetry::execute!(my_app.internal.ping);
    telemetry::execute!(hidden.inside.placed, { n: 1 });
    events::secret();
    Ok(1)
}

/// Charges later.
#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|value| retries = *value, gateway = "none"))]
pub async fn charge_later((first, _): (u32, u32)) -> u32 {
    first
}

/// Looks.
///
/// # Errors
/// Never.
#[telemetry::poll(every = "10s", timeout = "1s", on_failure = backoff)]
pub fn look() -> Result<(), String> {
    Ok(())
}

#[telemetry::poll(name = "look later")]
async fn look_later() {}

/// A shop.
#[derive(Debug, Clone, Copy)]
pub struct Shop;

impl Shop {
    /// Opens.
    #[telemetry::span(my_app.payment.process, payment_id = 1, err = stop, stop(|_| retries = 0, gateway = ""))]
    pub async fn open<'s>(&self, name: &'s str) -> Result<&'s str, std::fmt::Error> {
        Ok(name)
    }
}
