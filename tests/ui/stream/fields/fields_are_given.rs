#[path = "../../vocabulary.rs"]
mod vocabulary;
use futures_core::Stream;
use telemetry::stream::InSpan as _;
#[allow(unused_imports)]
use vocabulary::my_app;

fn receipts(stream: impl Stream) -> impl Stream {
    stream.in_span(&my_app::payment::process) //~ &my_app
}

fn main() {}
