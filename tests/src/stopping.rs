//! Whole families of processes, held up and let go on: a server that hangs.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};

/// Sends a signal, by its name, to a process and to all below it.
///
/// # Errors
/// Where the process is gone.
pub fn signal_family(id: u32, name: &str) -> Result<()> {
    let mut ids = vec![id];
    let mut next = 0;
    while let Some(parent) = ids.get(next).copied() {
        ids.extend(children(parent)?);
        next += 1;
    }
    for other in ids.iter().rev() {
        let output = Command::new("kill").args(["-s", name, &other.to_string()]).output()?;
        // one below it may have ended meanwhile
        ensure!(output.status.success() || *other != id, "process {id} is not there for a signal");
    }
    Ok(())
}

fn children(parent: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // one that ended meanwhile is nobody's child
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // behind the name, which may have blanks: the state, and the parent
        let parent_of = stat.rsplit_once(')').and_then(|(_, rest)| rest.split(' ').nth(2));
        if parent_of.and_then(|text| text.parse().ok()) == Some(parent) {
            children.push(id);
        }
    }
    Ok(children)
}
