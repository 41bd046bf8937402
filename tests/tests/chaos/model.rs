//! What the tree should be, what the events told of it, and chance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::{Result, ensure};
use telemetry::Policy;
use telemetry_runtime::runtime::supervisor::child as events;
use telemetry_runtime::{ChildInfo, ChildState};

/// What each child should have been through, by its path.
#[derive(Default)]
pub(crate) struct Model {
    restarts: BTreeMap<String, u64>,
    failures: BTreeMap<String, u64>,
}

impl Model {
    pub(crate) fn restart(&mut self, root: &ChildInfo, path: &str) {
        let child = root.find(path).unwrap();
        *self.restarts.entry(path.to_owned()).or_default() += 1;
        // what is below is started anew with it
        for child in &child.children {
            self.restart(root, &child.path);
        }
    }

    pub(crate) fn fail(&mut self, path: &str) {
        *self.failures.entry(path.to_owned()).or_default() += 1;
    }

    pub(crate) fn check(&self, info: &ChildInfo) -> Result<()> {
        let count = |counts: &BTreeMap<String, u64>| counts.get(&info.path).copied().unwrap_or(0);
        let is_right = info.state == ChildState::Running
            && info.restarts == count(&self.restarts)
            && info.failures == count(&self.failures)
            && info.abandoned == 0;
        let (restarts, failures) = (count(&self.restarts), count(&self.failures));
        ensure!(is_right, "{restarts} restarts and {failures} failures should be of {info:#?}");
        info.children.iter().try_for_each(|child| self.check(child))
    }
}

/// `SplitMix64`, so that a seed names a run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    pub(crate) fn of<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.below(list.len())]
    }
}

/// How often each child started and failed, as the events tell, by its path.
#[derive(Debug, Default)]
pub(crate) struct Told {
    starts: Mutex<BTreeMap<String, u64>>,
    failures: Mutex<BTreeMap<String, u64>>,
}

pub(crate) fn listen() -> Arc<Told> {
    let told: Arc<Told> = Arc::default();
    let count = |counts: &Mutex<BTreeMap<String, u64>>, supervisor: &str, child: &str| {
        let path = format!("{supervisor}/{child}");
        *counts.lock().unwrap().entry(path).or_default() += 1;
    };
    telemetry::attach("starts", &events::start, told.clone(), move |event, told| {
        count(&told.starts, event.metadata.supervisor, event.metadata.child);
    })
    .unwrap()
    .on_panic(Policy::Keep);
    telemetry::attach("failures", &events::exception, told.clone(), move |event, told| {
        count(&told.failures, event.metadata.supervisor, event.metadata.child);
    })
    .unwrap()
    .on_panic(Policy::Keep);
    told
}

pub(crate) fn check_told(info: &ChildInfo, told: &Told) {
    for child in &info.children {
        let count = |counts: &Mutex<BTreeMap<String, u64>>| {
            counts.lock().unwrap().get(&child.path).copied().unwrap_or(0)
        };
        assert_eq!(count(&told.starts), child.restarts + 1, "{}", child.path);
        assert_eq!(count(&told.failures), child.failures, "{}", child.path);
        check_told(child, told);
    }
}
