//! What Linux tells of control groups: limits are numbers that are there, and no path leaves the mount.
#![no_main]

use std::path::Component;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use telemetry_runtime::fuzzing::linux::{folders, limit, share, throttled};

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\u{1e}').unwrap_or((text, ""));
    limits(first, second);
    times(text);
    groups(first, second);
});

fn limits(first: &str, second: &str) {
    let number = first.trim().parse::<u64>().ok();
    assert_eq!(limit(first), number.filter(|limit| *limit < 1 << 60));
    if let Some(share) = share(first, second) {
        assert!(share.is_finite() && share >= 0.0, "{share}");
        let (quota, period): (f64, f64) =
            (first.trim().parse().expect("a number"), second.trim().parse().expect("a number"));
        assert_eq!(share, quota / period);
    }
}

/// The first line of the name, in the unit of its version.
fn times(text: &str) {
    let told = throttled(text);
    for (name, unit) in [("throttled_usec ", 1_000), ("throttled_time ", 1)] {
        let (mut lines, other) =
            (text.lines(), if unit == 1 { "throttled_usec " } else { "throttled_time " });
        // what stands before it is of other names
        let first = lines.find(|line| line.starts_with(name) || line.starts_with(other));
        let is_plain =
            text.lines().take_while(|line| Some(*line) != first).all(|line| line.contains(' '));
        if let Some(time) = first.and_then(|line| line.strip_prefix(name)).filter(|_| is_plain)
            && let Ok(time) = time.parse::<u64>()
        {
            let exact = u128::from(time) * unit;
            assert_eq!(told.map(|told| told.as_nanos()), Some(exact));
        }
    }
    assert!(told.is_none_or(|told| told <= Duration::from_micros(u64::MAX)));
}

fn groups(groups: &str, mounts: &str) {
    let Some((all, points)) = folders(groups, mounts) else { return };
    for folders in all.iter().filter(|folders| !folders.is_empty()) {
        let top = folders.last().expect("it is not empty");
        assert!(points.contains(top), "{top:?} is no mount of {points:?}");
        for pair in folders.windows(2) {
            assert_eq!(pair[0].parent(), Some(&*pair[1]), "each is below the next");
        }
        let below = folders[0].strip_prefix(top).expect("all are below the mount");
        assert!(below.components().all(|part| matches!(part, Component::Normal(_))), "{below:?}");
    }
}
