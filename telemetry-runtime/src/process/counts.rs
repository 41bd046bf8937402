//! `vm.system_counts`.

use super::executor::Executor;
use super::system;
use crate::vocabulary::vm::vm;

/// What the system tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) threads: Option<u64>,
    pub(super) threads_limit: Option<Limit>,
    pub(super) fds: Option<u64>,
    pub(super) fds_limit: Option<Limit>,
    pub(super) sockets: Option<u64>,
}

/// A limit and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) most: u64,
    pub(super) by: &'static str,
}

impl Limit {
    /// The one that binds; what is unlimited is absent.
    pub(super) fn lowest<const N: usize>(limits: [(&'static str, Option<u64>); N]) -> Option<Self> {
        let known = limits.into_iter().filter_map(|(by, most)| Some(Self { most: most?, by }));
        known.min_by_key(|limit| limit.most)
    }
}

pub(super) fn execute(executors: &[Executor]) {
    let Counts { threads, threads_limit, fds, fds_limit, sockets } = system::counts();
    telemetry::execute!(
        vm.system_counts,
        {
            threads,
            threads_limit: threads_limit.map(|limit| limit.most),
            fds,
            fds_limit: fds_limit.map(|limit| limit.most),
            sockets,
            tasks: Executor::alive_tasks(executors),
        },
        {
            threads_limit_by: threads_limit.map(|limit| limit.by),
            fds_limit_by: fds_limit.map(|limit| limit.by),
        }
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_that_binds_is_the_lowest_and_is_named() {
        let lowest = Limit::lowest([("a", None), ("b", Some(7)), ("c", Some(5)), ("d", Some(6))]);
        assert_eq!(lowest, Some(Limit { most: 5, by: "c" }));
        assert_eq!(Limit::lowest([("a", None)]), None);
    }
}
