//! Whether the process nears its limits.

use crate::health::{CheckKind, HealthCheck, Verdict};
use crate::process;

/// Warns while the process has more than this share of the memory that it may have, as in 0.9: that of
/// the lowest limit of the cgroups around it. Without one there is no limit to come near, and it
/// passes; so it does on other systems than Linux.
#[track_caller]
pub fn memory_below(name: impl Into<String>, share: f64) -> HealthCheck {
    let look = move || judge("bytes of memory", process::memory_and_limit(), share);
    HealthCheck::blocking(name, look).kind(CheckKind::Process).optional()
}

/// Warns while the process has more than this share of the file descriptors that it may have, as in
/// 0.9. On other systems than Linux it passes.
#[track_caller]
pub fn descriptors_below(name: impl Into<String>, share: f64) -> HealthCheck {
    let look = move || judge("file descriptors", process::descriptors_and_limit(), share);
    HealthCheck::blocking(name, look).kind(CheckKind::Process).optional()
}

fn judge(what: &str, known: Option<(u64, u64)>, share: f64) -> Verdict {
    // No count is so great that the error matters.
    #[allow(clippy::cast_precision_loss)]
    let is_near = known.is_some_and(|(has, most)| has as f64 > most as f64 * share);
    match known {
        Some((has, most)) if is_near => Verdict::Warn(format!("{has} of {most} {what}")),
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nears_its_limit_is_a_warning_and_no_limit_is_none() {
        assert_eq!(judge("x", Some((90, 100)), 0.9), Verdict::Pass);
        assert_eq!(judge("x", Some((91, 100)), 0.9), Verdict::Warn("91 of 100 x".into()));
        assert_eq!(judge("x", None, 0.0), Verdict::Pass);
    }
}
