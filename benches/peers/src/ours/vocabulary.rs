//! What is executed and what is measured of it: an event for each row.

use crate::traffic::{Route, Status};

telemetry::events! {
    event bench.disabled { measurements { bytes: u64 } metadata { route: &str, status: u16 } }
    span  bench.silent { metadata { route: &str, status: u16 } }
    event bench.counted { measurements { bytes: u64 } }
    event bench.tagged { measurements { bytes: u64 } metadata { route: &str, status: u16 } }
    event bench.known { measurements { bytes: u64 } metadata { route: Route, status: Status } }
    event bench.distributed { measurements { millis: f64 } metadata { route: &str, status: u16 } }
    event bench.four {
        measurements { bytes: u64, millis: f64 }
        metadata { route: &str, status: u16 }
    }
    span  bench.worked { metadata { route: &str, status: u16 } }
    span  bench.awaited { metadata { route: &str, status: u16 } }
    event bench.handled { measurements { bytes: u64 } metadata { route: &str } }
    event bench.handled_by_name { measurements { bytes: u64 } metadata { route: &str } }
    span  bench.nested;
    event bench.series { metadata { route: &str, customer: &str } }
    event bench.distributed_series {
        measurements { value: f64 }
        metadata { route: &str, customer: &str }
    }
}

telemetry::metrics! {
    counter(bench.counted.count);
    counter(bench.tagged.count, tags = [route, status]);
    counter(bench.known.count, tags = [route, status]);
    distribution(bench.distributed.millis, tags = [route, status],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    counter(bench.four.count, tags = [route, status]);
    sum(bench.four.bytes, tags = [route, status]);
    distribution(bench.four.millis, tags = [route, status],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    summary(bench.four.millis, name = bench.four.summary, tags = [route, status]);
    distribution(bench.worked.stop.duration, unit = native => second, tags = [route, status],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    counter(bench.worked.stop.count, tags = [route, status]);
    distribution(bench.awaited.stop.duration, unit = native => second, tags = [route, status],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    counter(bench.awaited.stop.count, tags = [route, status]);
    counter(bench.series.count, name = series.count, tags = [route, customer]);
    distribution(bench.distributed_series.value, tags = [route, customer],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
}
