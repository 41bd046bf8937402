//! What the shop measures. Nobody calls this: the runtime finds it.

use crate::events::my_app;

telemetry::metrics! {
    /// Requests that were answered.
    counter(my_app.http.request.stop.count, tags = [route, method, status]);
    /// How long answering takes, in milliseconds.
    distribution(my_app.http.request.stop.duration,
        unit = native => millisecond, buckets = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500],
        tags = [route, class = |m| m.status / 100]);
    /// Requests whose client hung up, or that panicked.
    counter(my_app.http.request.exception.count, tags = [route, kind]);

    /// Orders that were placed.
    counter(my_app.orders.created.count);
    /// Revenue in cents.
    sum(my_app.orders.created.amount_cents);
    /// Pieces that were ordered.
    sum(my_app.orders.created.item_count);
    /// Orders that were asked for and not placed.
    counter(my_app.orders.failed.count, tags = [reason]);

    /// Payments that were charged.
    counter(my_app.payment.process.stop.count, tags = [gateway]);
    /// How often the gateway was asked again for payments that were charged in the end.
    sum(my_app.payment.process.stop.retries);
    /// How long charging takes, in milliseconds.
    distribution(my_app.payment.process.stop.duration,
        unit = native => millisecond, buckets = [10, 25, 50, 100, 250, 500, 1000, 2000]);
    /// Payments that were not charged.
    counter(my_app.payment.process.exception.count, tags = [kind]);

    /// Queries that took a whole round trip, in milliseconds.
    distribution(my_app.repo.query.total_time,
        unit = native => millisecond, buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 50, 250, 1000],
        tags = [query]);
    /// Queries that failed.
    counter(my_app.repo.query.count, tags = [query, source], keep = |m| m.result.is_err());
    /// How long queries waited for a connection, in milliseconds.
    distribution(my_app.repo.query.queue_time,
        unit = native => millisecond, buckets = [0.1, 1, 10, 100, 1000]);
    /// How many rows the last run of a query gave.
    last_value(my_app.repo.query.rows, tags = [query]);
    /// Connections to the database.
    last_value(my_app.repo.pool.size);
    /// Connections to the database that nobody uses.
    last_value(my_app.repo.pool.idle);
}

// What the runtime knows of health, and measures of the process itself.
telemetry_runtime::health_metrics!();
telemetry_runtime::vm_metrics!(memory, cpu, counts, tokio, event_loop);
