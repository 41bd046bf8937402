#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn sync<'a>(one: &'a str, two: &str) -> &'a str { //~ {
    if one.is_empty() { two } else { one }
}

#[telemetry::span(my_app.cart.checkout)]
async fn asynchronous<'a>(one: &'a str, two: &str) -> &'a str { //~ {
    if one.is_empty() { two } else { one }
}

struct Shop(String);

impl Shop {
    #[telemetry::span(my_app.cart.checkout)]
    fn elided(&self, other: &str) -> &str { //~ {
        other
    }

    #[telemetry::span(my_app.cart.checkout)]
    async fn elided_async(&self, other: &str) -> &str { //~ {
        other
    }
}

fn main() {}
