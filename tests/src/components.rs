//! Where the real servers and tools are.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

/// The variable in which `cargo xtask test` names the folder of the unpacked programs.
pub const FOLDER: &str = "TESTS_COMPONENTS";

/// Finds a program in the folder of unpacked programs, then in `PATH`.
///
/// # Errors
/// Where it is in neither.
pub fn find(program: &str) -> Result<PathBuf> {
    find_in(program, env::var_os(FOLDER), env::var_os("PATH"))
}

/// Finds a program that the system's own suite has, whatever is unpacked.
///
/// # Errors
/// Where it is not in `PATH`.
pub fn find_of_the_system(program: &str) -> Result<PathBuf> {
    find_in(program, None, env::var_os("PATH"))
}

/// Python, with the packages that the tests need.
///
/// # Errors
/// Where it is not installed.
pub fn python() -> Result<Command> {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        bail!("{FOLDER} is not set: run `cargo xtask test`, which installs Python's packages")
    };
    let mut command = Command::new(find("python3")?);
    command.env("PYTHONPATH", folder.join(PYTHON));
    Ok(command)
}

/// A program that one of Python's packages carries, by its path below their folder.
///
/// # Errors
/// Where it is not installed.
pub fn find_in_python(program: &str) -> Result<PathBuf> {
    let folder = env::var_os(FOLDER).map(PathBuf::from).unwrap_or_default();
    let file = folder.join(PYTHON).join(program);
    if !file.is_file() {
        bail!("{} is not there: run `cargo xtask test`, which installs it", file.display());
    }
    Ok(file)
}

/// The folder of Python's packages in that of the unpacked programs.
const PYTHON: &str = "python";

fn find_in(program: &str, folder: Option<OsString>, path: Option<OsString>) -> Result<PathBuf> {
    let folder = folder.map(PathBuf::from);
    let path = path.unwrap_or_default();
    let found = folder
        .into_iter()
        .chain(env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    match found {
        Some(file) => Ok(file),
        None => bail!(
            "`{program}` is neither in {FOLDER} nor in PATH: run `cargo xtask test`, which installs it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn unpacked_program_comes_before_that_of_the_system() {
        let ours = tempfile::tempdir().unwrap();
        let system = tempfile::tempdir().unwrap();
        fs::write(ours.path().join("both"), "").unwrap();
        for name in ["both", "only"] {
            fs::write(system.path().join(name), "").unwrap();
        }
        let find = |name| find_in(name, Some(ours.path().into()), Some(system.path().into()));

        assert_eq!(find("both").unwrap(), ours.path().join("both"));
        assert_eq!(find("only").unwrap(), system.path().join("only"));
        let error = find("neither").unwrap_err().to_string();
        assert!(error.contains("`neither`") && error.contains("cargo xtask test"), "{error}");
    }
}
