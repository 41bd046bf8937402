#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let _ = telemetry::attach("log", &my_app::payment::process, (), |_, ()| {}); //~ &my_app::payment::process
}
