#[path = "../../vocabulary.rs"]
mod vocabulary;
use futures_core::Stream;
use telemetry::stream::InSpan as _;
#[allow(unused_imports)]
use vocabulary::my_app;

fn receipts(stream: impl Stream) -> impl Stream {
    stream.in_span_with(
        &my_app::payment::process,
        || my_app::payment::process::Start { payment_id: 7 },
        |_| my_app::payment::process::Stop { retries: 0 }, //~ my_app
    )
}

fn main() {}
