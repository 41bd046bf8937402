//! Random histories of a supervisor's children, and what must hold in each of them.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::machine::{Action, Consequence, Machine, Rules, State, Terms};
use super::policy::{Backoff, Intensity, Restart, Strategy};

/// What may happen to a supervisor.
#[derive(Debug, Clone, Copy)]
enum Happening {
    /// A child that runs ends by itself.
    Ends {
        child: usize,
        failed: bool,
    },
    /// A child that was told to stop does.
    Obeys {
        child: usize,
    },
    Passes {
        millis: u64,
    },
    Asked {
        child: usize,
    },
}

/// A child was told to stop.
#[derive(Debug, Clone, Copy)]
struct Told {
    until: Option<Instant>,
}

/// A supervisor and the world that it acts on.
struct World {
    rules: Rules,
    terms: Vec<Terms>,
    machine: Machine,
    now: Instant,
    /// Per child: its run, if it has one, and whether it was told to stop.
    runs: Vec<Option<(u64, Option<Told>)>>,
    /// When restarts were decided.
    restarts: Vec<Instant>,
    /// Whether each child failed the last time that it ended by itself.
    last_failed: Vec<Option<bool>>,
    /// No restart was asked for.
    is_untouched: bool,
    exceeded: bool,
}

impl World {
    fn new(rules: Rules, terms: Vec<Terms>) -> Self {
        let now = Instant::now();
        let machine = Machine::start(now, rules, terms.clone(), || 0);
        let mut world = Self {
            rules,
            machine,
            now,
            runs: vec![None; terms.len()],
            restarts: Vec::new(),
            last_failed: vec![None; terms.len()],
            is_untouched: true,
            exceeded: false,
            terms,
        };
        let started = world.act();
        let all: Vec<usize> = (0..world.terms.len()).collect();
        assert_eq!(started, all, "all are started, in their order");
        world
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Ends { child, failed } => self.ends(child, failed),
            Happening::Obeys { child } => {
                if let Some((run, Some(_))) = self.runs[child] {
                    self.runs[child] = None;
                    let consequence = self.machine.exited(self.now, child, run, false);
                    assert_eq!(consequence, Consequence::Stopped);
                }
            }
            Happening::Passes { millis } => {
                let until = self.now + Duration::from_millis(millis);
                self.pass(until);
            }
            Happening::Asked { child } => {
                self.is_untouched = false;
                self.machine.restart(self.now, child);
            }
        }
        self.act();
        self.check();
    }

    fn ends(&mut self, child: usize, failed: bool) {
        let Some((run, None)) = self.runs[child] else { return };
        self.runs[child] = None;
        let wanted = match self.terms[child].restart {
            Restart::Permanent => true,
            Restart::Transient => failed,
            Restart::Temporary => false,
        };
        match self.machine.exited(self.now, child, run, failed) {
            Consequence::Restarted { after } => {
                assert!(wanted);
                assert!(after <= Duration::from_millis(800), "{after:?}");
                self.last_failed[child] = Some(failed);
                self.restarts.push(self.now);
            }
            Consequence::Exceeded => {
                assert!(wanted && !self.exceeded);
                assert_eq!(self.recent(), self.limit(), "it gives up when it must");
                self.exceeded = true;
            }
            Consequence::Ended => {
                self.last_failed[child] = Some(failed);
                assert!(!wanted);
            }
            Consequence::Regrouped => assert!(self.rules.strategy != Strategy::OneForOne),
            Consequence::Stopped => assert!(self.exceeded, "nobody told it to"),
            Consequence::None => panic!("the run is the last one"),
        }
    }

    /// Lets time pass, with the supervisor awake when it wants to be.
    fn pass(&mut self, until: Instant) {
        while let Some(time) = self.machine.next_time().filter(|time| *time <= until) {
            self.now = self.now.max(time);
            self.machine.elapsed(self.now);
            self.act();
        }
        self.now = until;
    }

    /// Does what the machine wants; gives who was started.
    fn act(&mut self) -> Vec<usize> {
        let mut started = Vec::new();
        while let Some(action) = self.machine.next_action() {
            match action {
                Action::Start { child, run } => {
                    assert!(self.runs[child].is_none(), "{child} runs already");
                    assert!(!self.exceeded, "a supervisor that gave up starts nothing");
                    assert!(
                        self.rules.strategy == Strategy::OneForOne
                            || self.runs[child + 1..].iter().all(Option::is_none)
                            || !self.is_untouched,
                        "{child} is started before those after it"
                    );
                    self.runs[child] = Some((run, None));
                    started.push(child);
                }
                Action::Stop { child, until } => {
                    let (_, told) = self.runs[child].as_mut().expect("it runs");
                    let known = told.replace(Told { until });
                    let is_sooner = |known: Told| {
                        until.is_some_and(|until| known.until.is_none_or(|at| until < at))
                    };
                    assert!(known.is_none_or(is_sooner), "told again, it has less time");
                    let after = &self.runs[child + 1..];
                    assert!(
                        known.is_some()
                            || after.iter().all(Option::is_none)
                            || self.rules.stops_together
                            || !self.is_untouched,
                        "{child} is stopped when those after it have stopped"
                    );
                }
                Action::Abandon { child } => {
                    let (_, told) = self.runs[child].take().expect("it has not stopped");
                    let until = told.expect("it was told").until.expect("it had a deadline");
                    assert!(until <= self.now, "it had its time");
                }
            }
        }
        started
    }

    fn check(&self) {
        assert!(self.limit().is_none_or(|limit| self.recent() <= Some(limit)));
        for (child, run) in self.runs.iter().enumerate() {
            match self.machine.state(child) {
                State::Running { .. } => assert!(matches!(run, Some((_, None)))),
                State::Stopping { .. } => assert!(matches!(run, Some((_, Some(_))))),
                State::Down | State::Waiting { .. } => assert!(run.is_none()),
            }
        }
        if self.rules.strategy == Strategy::OneForOne && !self.exceeded && self.is_untouched {
            assert!(
                self.runs.iter().flatten().all(|(_, told)| told.is_none()),
                "nobody is stopped for another"
            );
        }
    }

    fn recent(&self) -> Option<u32> {
        let period = self.rules.intensity.period();
        let recent = self.restarts.iter().filter(|at| self.now - **at < period).count();
        u32::try_from(recent).ok()
    }

    fn limit(&self) -> Option<u32> {
        self.rules.intensity.limit()
    }

    /// Everybody obeys and nobody fails any more.
    fn settle(&mut self) {
        for _ in 0..4 * self.terms.len() + 4 {
            for child in 0..self.terms.len() {
                self.happen(Happening::Obeys { child });
            }
            self.happen(Happening::Passes { millis: 1_000 });
        }
    }
}

fn rules() -> impl Strategy_<Value = Rules> {
    let strategies = prop_oneof![
        Just(Strategy::OneForOne),
        Just(Strategy::OneForAll),
        Just(Strategy::RestForOne)
    ];
    let intensities = prop_oneof![
        Just(Intensity::unlimited()),
        (0..4_u32, 1..3_000_u64)
            .prop_map(|(limit, period)| Intensity::new(limit, Duration::from_millis(period))),
    ];
    let backoffs = prop_oneof![
        Just(Backoff::none()),
        Just(Backoff::exponential(Duration::from_millis(100), Duration::from_millis(800))),
    ];
    (strategies, intensities, backoffs, any::<bool>()).prop_map(
        |(strategy, intensity, backoff, stops_together)| Rules {
            strategy,
            intensity,
            backoff,
            stops_together,
        },
    )
}

use proptest::strategy::Strategy as Strategy_;

fn terms() -> impl Strategy_<Value = Terms> {
    let restarts =
        prop_oneof![Just(Restart::Permanent), Just(Restart::Transient), Just(Restart::Temporary)];
    let limits =
        prop_oneof![Just(None), (0..500_u64).prop_map(|ms| Some(Duration::from_millis(ms)))];
    (restarts, limits).prop_map(|(restart, stop_within)| Terms { restart, stop_within })
}

fn happenings(children: usize) -> impl Strategy_<Value = Vec<Happening>> {
    let one = prop_oneof![
        4 => (0..children, any::<bool>())
            .prop_map(|(child, failed)| Happening::Ends { child, failed }),
        3 => (0..children).prop_map(|child| Happening::Obeys { child }),
        3 => (0..1_500_u64).prop_map(|millis| Happening::Passes { millis }),
        1 => (0..children).prop_map(|child| Happening::Asked { child }),
    ];
    proptest::collection::vec(one, 0..60)
}

fn histories() -> impl Strategy_<Value = (Rules, Vec<Terms>, Vec<Happening>)> {
    (1..6_usize).prop_flat_map(|children| {
        (rules(), proptest::collection::vec(terms(), children), happenings(children))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_rules((rules, terms, happenings) in histories()) {
        let mut world = World::new(rules, terms);
        for happening in happenings {
            world.happen(happening);
        }
        world.settle();
        if world.exceeded {
            prop_assert_eq!(world.machine.closed(), Some(true));
            prop_assert!(world.runs.iter().all(Option::is_none));
            return Ok(());
        }
        prop_assert_eq!(world.machine.closed(), None);
        for (child, terms) in world.terms.iter().enumerate() {
            let should_run = match terms.restart {
                Restart::Permanent => true,
                Restart::Transient => world.last_failed[child] != Some(false),
                Restart::Temporary => world.last_failed[child].is_none(),
            };
            // A group brings back what was done, and a stopped temporary child stays down.
            if world.rules.strategy == Strategy::OneForOne && world.is_untouched {
                prop_assert_eq!(world.runs[child].is_some(), should_run, "child {}", child);
            } else if terms.restart == Restart::Permanent {
                prop_assert!(world.runs[child].is_some(), "child {}", child);
            }
        }
    }

    #[test]
    fn a_stop_is_done_at_its_deadline_whoever_obeys(
        (rules, terms, happenings) in histories(),
        obedient in any::<u8>(),
        limit in 0..2_000_u64,
    ) {
        let mut world = World::new(rules, terms);
        for happening in happenings {
            world.happen(happening);
        }
        let deadline = world.now + Duration::from_millis(limit);
        let had_closed = world.machine.closed().is_some();
        world.machine.stop(world.now, deadline);
        let started = world.act();
        prop_assert!(started.is_empty());
        loop {
            for child in 0..world.terms.len() {
                if let (true, Some((run, Some(_)))) = (obedient >> child & 1 == 1, world.runs[child]) {
                    world.runs[child] = None;
                    world.machine.exited(world.now, child, run, false);
                    let started = world.act();
                    prop_assert!(started.is_empty(), "nothing is started any more");
                }
            }
            if world.machine.closed().is_some() {
                break;
            }
            let moved = world.runs.iter().enumerate().any(|(child, run)| {
                obedient >> child & 1 == 1 && matches!(run, Some((_, Some(_))))
            });
            if !moved {
                let time = world.machine.next_time();
                prop_assert!(time.is_some_and(|time| time <= deadline), "{:?}", time);
                world.now = world.now.max(time.unwrap_or(deadline));
                world.machine.elapsed(world.now);
                let started = world.act();
                prop_assert!(started.is_empty());
            }
        }
        prop_assert!(world.now <= deadline);
        prop_assert!(world.runs.iter().all(Option::is_none));
        prop_assert_eq!(world.machine.closed(), Some(had_closed));
    }
}
