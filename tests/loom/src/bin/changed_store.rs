//! Runs a model of the store with something changed: a model that fails may end the process, as it can
//! leave values of loom's behind whose destructors fail again.

use std::env;
use std::process::ExitCode;

use telemetry_loom::store::{MODELS, mutation};

fn main() -> ExitCode {
    let [change, name] = [1, 2].map(|argument| env::args().nth(argument).unwrap_or_default());
    let Some(model) = MODELS.iter().find(|model| model.name == name) else {
        eprintln!("there is no model `{name}`");
        return ExitCode::SUCCESS;
    };
    mutation::switch_on(change);
    (model.mutable)();
    ExitCode::SUCCESS
}
