//! `vm.cpu`.

use std::time::Duration;

use super::growth::Growth;
use super::system;
use crate::vocabulary::vm::vm;

/// What the system tells, since the process's start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cpu {
    pub(super) user: Option<Duration>,
    pub(super) system: Option<Duration>,
    pub(super) throttled: Option<Duration>,
    /// How many processors it may use at once.
    pub(super) available: Option<f64>,
}

pub(super) fn execute() {
    static USER: Growth = Growth::new();
    static SYSTEM: Growth = Growth::new();
    static THROTTLED: Growth = Growth::new();
    static WINDOW: Growth = Growth::new();

    let Cpu { user, system, throttled, available } = system::cpu();
    let user = user.map(|time| USER.of_time(time));
    let system = system.map(|time| SYSTEM.of_time(time));
    let window = super::identity::uptime().map(|time| WINDOW.of_time(time));
    telemetry::execute!(vm.cpu, {
        user,
        system,
        utilization: utilization(user, system, window, available),
        available,
        throttled: throttled.map(|time| THROTTLED.of_time(time)),
        window,
    });
}

fn utilization(
    user: Option<Duration>,
    system: Option<Duration>,
    window: Option<Duration>,
    available: Option<f64>,
) -> Option<f64> {
    let busy = (user? + system?).as_secs_f64();
    let share = busy / (window?.as_secs_f64() * available?);
    share.is_finite().then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utilization_is_a_share_of_what_is_available() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(utilization(seconds(2), seconds(1), seconds(2), Some(1.5)), Some(1.0));
        assert_eq!(utilization(seconds(2), None, seconds(2), Some(1.5)), None);
        assert_eq!(utilization(seconds(0), seconds(0), seconds(0), Some(1.5)), None);
    }
}
