//! Runs a model of the store with one memory ordering weakened: a model that fails may end the
//! process, as it can leave values of loom's behind whose destructors fail again.

use std::env;
use std::process::ExitCode;

use telemetry_loom::store::{MODELS, orderings};

fn main() -> ExitCode {
    let [place, name] = [1, 2].map(|argument| env::args().nth(argument).unwrap_or_default());
    let Some((_, model)) = MODELS.iter().find(|(known, _)| *known == name) else {
        eprintln!("there is no model `{name}`");
        return ExitCode::SUCCESS;
    };
    orderings::weaken(&place);
    model();
    ExitCode::SUCCESS
}
