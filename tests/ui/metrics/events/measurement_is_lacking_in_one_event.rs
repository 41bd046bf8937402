#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    sum(name = orders.all.amount_cents, events = [my_app.orders.placed, my_app.repo.query]); //~ amount_cents
    sum(name = all, events = [my_app.payment.process.stop, my_app.repo.query], measurement = total_time); //~ total_time
}

fn main() {}
