//! A crate without a prelude.
#![no_implicit_prelude]

mod events {
    use ::std::string::String;

    ::telemetry::events! {
        event my_app.orders.placed {
            measurements { amount_cents: u64, wait: Duration }
            metadata { region: &str, cause: &dyn Error, name: String }
        }
        event my_app.orders.paid { metadata { gateway: super::Gateway } }
        event my_app.orders.weighed { measurements { grams: Grams } }
        span my_app.payment.process {
            metadata { payment_id: u64 }
            stop { measurements { retries: u32 } metadata { gateway: &str } }
        }
        span my_app.cart.checkout;
    }

    type Grams = f64;
}
use events::my_app;

#[::std::prelude::rust_2021::derive(::telemetry::Tag)]
pub enum Gateway {
    Stripe,
    PayPal,
}

const SITE: &str = "north";

/// What tags are read from.
struct Labels<'m> {
    region: &'m str,
    length: usize,
}

::telemetry::metrics! {
    counter(name = my_app.traffic, events = [my_app.orders.placed, my_app.payment.process.stop],
        tags = [kind = |_| "any", site = SITE], keep = |_| { true });
    summary(name = my_app.spent, events = [my_app.orders.placed, my_app.orders.weighed],
        percentiles = [0.5, 1], nav = "Orders", series_limit = 7, expire_after = "1h",
        measurement = |_, x| {
            let _ = x;
            1_u32
        }, reporter_options = { rate = 0.5, on = true, text = "x", depth = -1 });
    distribution(my_app.orders.placed.half, buckets = exponential(1, 2, 5), measurement = |_, x| -> ::core::option::Option<u64> {
        if x.amount_cents == 0 { return ::core::option::Option::None; }
        ::core::option::Option::Some(x.amount_cents / 2)
    });
    distribution(my_app.orders.placed.amount_cents, name = my_app.native, tags = [region, length],
        tag_values = |m| Labels { region: m.region, length: m.region.len() });
    counter(my_app.orders.placed.count, name = my_app.early, tags = [length], tag_values = |m| {
        if m.region.is_empty() {
            return Labels { region: "", length: 0 };
        }
        Labels { region: m.region, length: m.region.len() }
    });
    counter(my_app.orders.placed.count, tags = [region, long = |m| m.region.len() > 2, site = "eu"]);
    sum(my_app.orders.placed.amount_cents, keep = |m| m.region != "eu");
    distribution(my_app.orders.placed.wait, unit = native => second, buckets = [1, 2.5]);
    last_value(my_app.orders.weighed.grams);
    counter(my_app.orders.paid.count, tags = [gateway, other = |m| &m.gateway]);
}

#[::telemetry::span(my_app.payment.process, payment_id = 1, stop(|value| retries = *value, gateway = "none"))]
fn charge() -> ::std::result::Result<u32, ::std::string::String> {
    ::telemetry::execute!(my_app.orders.weighed, { grams: 1.0 });
    ::telemetry::execute!(
        my_app.orders.placed,
        { amount_cents: 1, wait: ::std::time::Duration::ZERO },
        { region: "eu", cause: &::std::fmt::Error, name: ::std::string::String::new() },
    );
    ::std::result::Result::Ok(1)
}

#[::telemetry::span(my_app.cart.checkout)]
async fn checkout() {}

fn main() {
    ::telemetry::start!(my_app.cart.checkout).stop();
    ::std::assert_eq!(charge(), ::std::result::Result::Ok(1));
    ::std::mem::drop(checkout());
}
