//! What the cases use.

/// A type that is neither a number nor a tag.
#[derive(Debug)]
#[allow(dead_code)]
pub struct Address {
    /// Where letters go to.
    pub zip: Vec<u8>,
}

/// What tags are read from.
#[allow(dead_code)]
pub struct Labels<'m> {
    /// A text.
    pub route: &'m str,
}

/// What no tag can be read from.
#[allow(dead_code)]
pub struct Ratio {
    /// A float.
    pub ratio: f64,
}

telemetry::events! {
    event my_app.orders.placed {
        measurements { amount_cents: u64, item_count: u32 }
        metadata     { order_id: u64, region: &str }
    }

    event my_app.repo.query {
        measurements { total_time: Duration }
        metadata     { ratio: f64, address: &Address }
    }

    span my_app.payment.process {
        metadata { payment_id: u64 }
        stop {
            measurements { retries: u32 }
            metadata     { gateway: &str }
        }
    }

    span my_app.cart.checkout;
}
