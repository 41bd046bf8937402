#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

struct Shop<T>(Vec<T>);

impl<T: Clone> Shop<T> {
    #[telemetry::span(my_app.cart.checkout)]
    fn first(&self) -> Option<&T> {
        self.0.first().cloned() //~ self.0.first().cloned()
    }

    #[telemetry::span(my_app.cart.checkout)]
    async fn empty(&mut self) -> Vec<T> {
        self.0.drain(..) //~ self.0.drain(..)
    }
}

fn main() {}
