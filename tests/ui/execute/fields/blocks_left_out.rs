#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    telemetry::execute!(my_app.repo.query); //~ query
    //~^ query
}
