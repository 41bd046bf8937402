//! Ready-made metrics of health, for applications that choose them.

/// Declares metrics of health, in the crate that names them: the state, each check's status, runs and
/// durations, and probes.
///
/// They are of the events in [`health`](crate::health); an application that wants others declares its
/// own, `use telemetry_runtime::health;` and `telemetry::metrics!`.
///
/// ```
/// telemetry_runtime::health_metrics!();
/// # fn main() {}
/// ```
///
/// | metric | tags | |
/// |---|---|---|
/// | `health.state` | `state` | 1 of the state that holds, 0 of the others |
/// | `health.transitions` | `from`, `to` | how often readiness changed |
/// | `health.check.status` | `check`, `critical` | 1, 0.5 or 0: passes, warns, fails |
/// | `health.check.last_pass.timestamp` | `check` | when it last passed, in seconds since the Unix epoch |
/// | `health.check.runs` | `check`, `outcome` | its runs: `pass`, `warn`, or why they failed |
/// | `health.check.duration` | `check` | how long runs took, in seconds |
/// | `health.probes` | `endpoint`, `status` | the probes that were answered |
#[macro_export]
macro_rules! health_metrics {
    () => {
        const _: () = {
            use $crate::health;
            // Tags are closures, as the variable that a plain tag is read from is not among this
            // macro's names.
            $crate::__private::telemetry::metrics! {
                crate = $crate::__private::telemetry;
                /// 1 of the state that holds, 0 of the others.
                last_value(name = health.state, events = [health.state.current],
                    measurement = value, tags = [state = |m| m.state]);
                /// How often readiness changed.
                counter(name = health.transitions, events = [health.state.change],
                    tags = [from = |m| m.from, to = |m| m.to]);
                /// 1: the check passes, 0.5: it warns, 0: it fails.
                last_value(name = health.check.status, events = [health.check.status],
                    measurement = value, tags = [check = |m| m.check, critical = |m| m.critical]);
                /// When the check last passed, in seconds since the Unix epoch.
                last_value(name = health.check.last_pass.timestamp, events = [health.check.status],
                    measurement = last_pass, unit = native => second, tags = [check = |m| m.check],
                    reporter_options = { prometheus_unit = "seconds" });
                /// The check's runs.
                counter(name = health.check.runs,
                    events = [health.check.stop, health.check.exception],
                    tags = [check = |m| m.check, outcome = |m| m.outcome]);
                /// How long the check's runs took, in seconds.
                distribution(name = health.check.duration,
                    events = [health.check.stop, health.check.exception],
                    measurement = duration, unit = native => second,
                    buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5],
                    tags = [check = |m| m.check],
                    reporter_options = { prometheus_unit = "seconds" });
                /// The probes that were answered.
                counter(name = health.probes, events = [health.probe.stop],
                    tags = [endpoint = |m| m.endpoint, status = |m| m.status]);
            }
        };
    };
}
