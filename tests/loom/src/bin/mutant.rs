//! Runs one mutant in its model: a model that fails may end the process, as it can leave values of
//! loom's behind whose destructors fail again.

use std::env;
use std::process::ExitCode;

use telemetry_loom::{mutants, store};

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    let mut mutants = mutants::MUTANTS.iter().chain(store::MUTANTS);
    let Some(mutant) = mutants.find(|mutant| mutant.name == name) else {
        eprintln!("there is no mutant `{name}`");
        return ExitCode::SUCCESS;
    };
    (mutant.model)();
    ExitCode::SUCCESS
}
