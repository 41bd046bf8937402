//! Crates and modules whose names are near ours.

mod telemetry_runtime {}
mod linkme {}

mod events {
    pub(crate) mod telemetry {}
    pub(crate) mod http {
        pub(crate) struct Method;
    }

    ::telemetry::events! {
        event my_app.http.served { measurements { bytes: u64 } metadata { method: &Method } }
        event my_app.tokio.parked;
        event my_app.telemetry.telemetry_core;
        span my_app.telemetry.span;
    }

    #[derive(Debug)]
    pub(crate) struct Method;

    ::telemetry::metrics! {
        counter(my_app.http.served.count);
        sum(my_app.http.served.bytes);
    }

    #[::telemetry::span(my_app.telemetry.span)]
    pub(crate) fn serve() -> usize {
        ::telemetry::execute!(my_app.http.served, { bytes: 1 }, { method: &Method });
        ::telemetry::execute!(my_app.tokio.parked);
        ::telemetry::execute!(my_app.telemetry.telemetry_core);
        let _ = http::Method;
        ::http::NAME.len() + ::tokio::NAME.len() + telemetry_core::NAME.len()
    }
}

use events::my_app;

fn main() {
    assert_eq!(events::serve(), 23);
    telemetry::execute!(my_app.tokio.parked);
    assert_eq!(http::NAME, "http");
    assert_eq!(tokio::NAME, "tokio");
}
