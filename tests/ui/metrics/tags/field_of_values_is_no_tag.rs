#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.repo.query.count, tags = [ratio], tag_values = |m| vocabulary::Ratio { ratio: m.ratio }); //~ ratio]
    counter(my_app.repo.query.count, tags = [zip], tag_values = |m| m.address); //~ zip]
}

fn main() {}
