#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn sync(text: &str) -> u32 {
    text.parse::<u32>()? //~ ?
}

#[telemetry::span(my_app.cart.checkout)]
async fn asynchronous(text: &str) -> u32 {
    text.parse::<u32>()? //~ ?
}

fn main() {}
