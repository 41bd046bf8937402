//! The program in `benches/peers`: all peers in one process and one run.

use std::process::Command;

use anyhow::Result;

use super::goal::{Part, split};
use crate::cargo;
use crate::workspaces::{output, peers};

/// Everything.
///
/// # Errors
/// Where it cannot be built or run.
pub(super) fn measure() -> Result<Part> {
    part(&mut peers(&[]))
}

/// Fewer rounds, and 100,000 series at most.
///
/// # Errors
/// Where it cannot be built or run.
pub(super) fn measure_quickly() -> Result<Part> {
    part(&mut peers(&["--quick"]))
}

fn part(command: &mut Command) -> Result<Part> {
    let (goals, sections) = split(&output(command)?);
    let versions = versions(&output(
        cargo(&["tree", "--edges=normal", "--depth=1", "--prefix=none"])
            .current_dir(crate::root().join(crate::workspaces::PEERS)),
    )?);
    Ok(Part { goals, text: format!("## Beside the peers\n\n{versions}\n{sections}") })
}

/// The packages that the program names, from the lines of `cargo tree`; the first is itself.
fn versions(tree: &str) -> String {
    let packages = tree.lines().skip(1).filter(|line| !line.contains('/'));
    let packages: Vec<String> = packages.map(|package| package.replacen(" v", " ", 1)).collect();
    format!("With {}.\n", packages.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_foreign_packages() {
        let tree =
            "telemetry-peers v0.1.0 (/here)\nemit v2.23.0\ntelemetry-toolkit v0.1.0 (/there)\n";
        assert_eq!(versions(tree), "With emit 2.23.0.\n");
    }
}
