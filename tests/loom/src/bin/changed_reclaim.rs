//! Runs one mutant in its model: a model that fails may end the process, as it can leave values of
//! loom's behind whose destructors fail again.

use std::env;
use std::process::ExitCode;

use telemetry_loom::mutants::MUTANTS;

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    let Some(mutant) = MUTANTS.iter().find(|mutant| mutant.name == name) else {
        eprintln!("there is no mutant `{name}`");
        return ExitCode::SUCCESS;
    };
    (mutant.model)();
    ExitCode::SUCCESS
}
