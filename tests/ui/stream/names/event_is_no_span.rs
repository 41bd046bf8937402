#[path = "../../vocabulary.rs"]
mod vocabulary;
use futures_core::Stream;
use telemetry::stream::InSpan as _;
#[allow(unused_imports)]
use vocabulary::my_app;

fn orders(stream: impl Stream) -> impl Stream {
    stream.in_span(&my_app::orders::placed) //~ &my_app
}

fn main() {}
