//! The vocabulary of the shop.

telemetry::events! {
    /// A request was answered.
    span my_app.http.request {
        metadata {
            /// The method; `OTHER` for one that HTTP does not define.
            method: &str,
            /// The route as it is declared, `/products/{id}`; `unmatched` for an unknown path.
            route: &str,
        }
        stop { metadata { status: u16 } }
    }

    /// An order was placed.
    event my_app.orders.created {
        measurements { amount_cents: u64, item_count: u32 }
        metadata     { order_id: u64, user_id: u64 }
    }

    /// An order was asked for and not placed.
    event my_app.orders.failed { metadata { reason: &str } }

    /// Charging a payment through the gateway.
    span my_app.payment.process {
        metadata { payment_id: u64 }
        stop {
            measurements { retries: u32 }
            metadata     { gateway: &str }
        }
    }

    /// One query against the repository.
    event my_app.repo.query {
        measurements {
            /// From the call to the rows.
            total_time: Duration,
            /// How long it waited for a connection of the pool; none within a transaction.
            queue_time: Option<Duration>,
            rows: u64,
        }
        metadata {
            query: &str,
            source: &str,
            result: Result<(), &dyn Error>,
        }
    }

    /// The connections to the database, as they are at some moment.
    event my_app.repo.pool {
        measurements {
            /// All that there are.
            size: u32,
            /// Those that nobody uses.
            idle: usize,
        }
    }
}
