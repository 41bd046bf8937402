//! What is checked of the program's definitions before anything starts.
//!
//! Definitions find themselves, so what goes missing goes missing silently: by a linker, by a dynamic
//! library, by a crate that nobody names. Here each of these becomes an error that says its cause.

use std::collections::{BTreeSet, HashMap};
use std::panic::Location;

use telemetry::{AnyEvent, Field, Vocabulary};

use crate::error::Error;

/// The package of the facade, whose own vocabulary is always declared.
const FACADE: &str = "telemetry-toolkit";

/// # Errors
/// Where the registry cannot be complete. `caller` is where the program starts the runtime.
pub(crate) fn registry(caller: &'static Location<'static>) -> Result<(), Error> {
    if !telemetry::vocabularies().any(|vocabulary| vocabulary.crate_name() == FACADE) {
        return Err(Error::empty_registry());
    }
    if telemetry::__private::SPANS_LINKED_FILES {
        return Ok(());
    }
    // Both are constants, each in the file that its own crate was linked into.
    let facade: &Location<'_> = telemetry::handler::failure.location();
    match linked_files([facade, caller].map(|place| std::ptr::from_ref(place).addr())) {
        Some([library, program]) if library != program => {
            Err(Error::divided_registry(&library, &program))
        }
        _ => Ok(()),
    }
}

/// # Errors
/// Where two crates declare an event of one name and its fields differ.
pub(crate) fn twins() -> Result<(), Error> {
    let mut first: HashMap<&str, (&Vocabulary, &AnyEvent)> = HashMap::new();
    for vocabulary in telemetry::vocabularies() {
        for event in vocabulary.events() {
            let (other, known) = *first.entry(event.name()).or_insert((vocabulary, event));
            if !known.is_twin_of(event) {
                return Err(Error::conflict(format!(
                    "the event `{}` is declared twice with different fields: {} and {}; rename one, or use versions that agree",
                    event.name(),
                    declaration(other, known),
                    declaration(vocabulary, event),
                )));
            }
        }
    }
    Ok(())
}

/// # Errors
/// Where nothing of one of these packages is linked.
pub(crate) fn expected(packages: &[String]) -> Result<(), Error> {
    let vocabularies = telemetry::vocabularies().map(Vocabulary::crate_name);
    let groups = telemetry::metric_groups().map(telemetry::MetricGroup::crate_name);
    let polls = telemetry::declared_polls().map(telemetry::DeclaredPoll::crate_name);
    let linked: BTreeSet<&str> = vocabularies.chain(groups).chain(polls).collect();
    match packages.iter().find(|package| !linked.contains(package.as_str())) {
        None => Ok(()),
        Some(missing) => Err(Error::missing_crate(missing, linked)),
    }
}

/// `{ total: u64 } by shop 1.0.0 at src/events.rs:3:11`
fn declaration(vocabulary: &Vocabulary, event: &AnyEvent) -> String {
    let fields: Vec<String> = event
        .measurements()
        .iter()
        .chain(event.metadata())
        .map(|Field { name, type_name, .. }| format!("{name}: {type_name}"))
        .collect();
    format!(
        "{{ {} }} by {} {} at {}",
        fields.join(", "),
        vocabulary.crate_name(),
        vocabulary.crate_version(),
        event.location(),
    )
}

/// The files that these addresses are mapped from, where the system tells.
fn linked_files<const N: usize>(addresses: [usize; N]) -> Option<[String; N]> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let files = addresses.map(|address| file_at(address, &maps));
    files.iter().all(Option::is_some).then(|| files.map(|file| file.unwrap_or_default().to_owned()))
}

/// The file that an address is mapped from, in lines of `start-end flags offset device inode file`.
fn file_at(address: usize, maps: &str) -> Option<&str> {
    maps.lines().find_map(|line| {
        let (start, rest) = line.split_once('-')?;
        let (end, rest) = rest.split_once(' ')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        let file = rest.find('/').map(|slash| &rest[slash..]);
        file.filter(|_| (start..end).contains(&address))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55e0a000-55e0b000 r--p 00000000 fe:01 1234                       /srv/my app/shop
7f010000-7f020000 r--p 00000000 fe:01 99                         /srv/libbundle.so
7f030000-7f040000 rw-p 00000000 00:00 0
7ffd0000-7ffe0000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn file_of_an_address_is_read_from_the_map() {
        assert_eq!(file_at(0x55e0_a010, MAPS), Some("/srv/my app/shop"));
        assert_eq!(file_at(0x7f01_ffff, MAPS), Some("/srv/libbundle.so"));
        for nowhere in [0x7f02_0000, 0x7f03_0000, 0x7ffd_0000, 0] {
            assert_eq!(file_at(nowhere, MAPS), None);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn constants_of_one_program_are_in_one_file() {
        static HERE: u8 = 1;
        let addresses =
            [std::ptr::from_ref(&HERE).addr(), std::ptr::from_ref(Location::caller()).addr()];
        let [one, other] = linked_files(addresses).unwrap();
        assert_eq!(one, other);
        assert_eq!(one, std::env::current_exe().unwrap().to_str().unwrap());
    }

    #[test]
    fn this_program_passes() {
        registry(Location::caller()).unwrap();
        twins().unwrap();
        expected(&[FACADE.to_owned()]).unwrap();
    }

    #[test]
    fn missing_crate_is_named_with_the_line_that_links_it() {
        let error = expected(&["some-lib".to_owned()]).unwrap_err();
        assert!(error.is_missing_crate());
        let text = error.to_string();
        for part in ["`some-lib`", "`use some_lib as _;`", FACADE] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
