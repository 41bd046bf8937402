#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let _span = telemetry::start!("my_app.cart.checkout"); //~ "my_app.cart.checkout"
}
