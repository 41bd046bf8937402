//! What a supervisor decides, without what it does it with: no clock, no task, no thread.
//!
//! Inputs are what happened and when; [`Machine::next_action`] then says what to do. Exactly one
//! sequence of actions follows from one sequence of inputs, so that the rules are tested with
//! thousands of made-up histories.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::stop::never;

use super::policy::{Backoff, Intensity, Restart, Strategy};

/// The rules of one supervisor.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    pub(super) backoff: Backoff,
    /// Children are told to stop all at once, and not one after the other.
    pub(super) stops_together: bool,
}

/// The rules of one child.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) restart: Restart,
    /// How long it may take to stop; `None` for as long as its supervisor may.
    pub(super) stop_within: Option<Duration>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Start {
        child: usize,
        run: u64,
    },
    /// Tell the child to stop; told again, it has less time.
    Stop {
        child: usize,
        until: Option<Instant>,
    },
    /// The child was told and did not stop: leave it to itself.
    Abandon {
        child: usize,
    },
}

/// What follows from the end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consequence {
    /// The run had been abandoned before: nothing.
    None,
    /// It was told to stop, or its supervisor stops anyway.
    Stopped,
    /// It is not started again.
    Ended,
    Restarted {
        after: Duration,
    },
    /// It is started again with the others, who are being stopped.
    Regrouped,
    /// That was one restart too many: the supervisor stops and fails.
    Exceeded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not started yet, or not to be started again.
    Down,
    Running {
        since: Instant,
    },
    Stopping {
        until: Option<Instant>,
        then_start: bool,
    },
    Waiting {
        until: Instant,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Up,
    /// The children from here on are stopped, and started again at this time.
    Regrouping {
        from: usize,
        at: Instant,
    },
    Closing {
        deadline: Option<Instant>,
        exceeded: bool,
    },
    Closed {
        exceeded: bool,
    },
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    terms: Terms,
    state: State,
    /// The number of the last run, from 1.
    run: u64,
    /// Failures in a row.
    failures: u32,
}

#[derive(Debug)]
pub(super) struct Machine {
    rules: Rules,
    random: fn() -> u64,
    children: Vec<Slot>,
    mode: Mode,
    /// When restarts were decided, those of the last period.
    restarts: VecDeque<Instant>,
    actions: VecDeque<Action>,
}

impl Machine {
    /// All children are started, in their order.
    pub(super) fn start(
        now: Instant,
        rules: Rules,
        children: impl IntoIterator<Item = Terms>,
        random: fn() -> u64,
    ) -> Self {
        let slot = |terms| Slot { terms, state: State::Down, run: 0, failures: 0 };
        let mut machine = Self {
            rules,
            random,
            children: children.into_iter().map(slot).collect(),
            mode: Mode::Up,
            restarts: VecDeque::new(),
            actions: VecDeque::new(),
        };
        for child in 0..machine.children.len() {
            machine.start_child(child, now);
        }
        machine
    }

    /// What to do next; to be asked until there is nothing left after each input.
    pub(super) fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`elapsed`](Machine::elapsed).
    pub(super) fn next_time(&self) -> Option<Instant> {
        let regrouped = match self.mode {
            Mode::Regrouping { from, at } => self.alive_from(from).is_none().then_some(at),
            _ => None,
        };
        let times = self.children.iter().filter_map(|slot| match slot.state {
            State::Stopping { until, .. } => until,
            State::Waiting { until } if self.mode == Mode::Up => Some(until),
            _ => None,
        });
        times.chain(regrouped).min()
    }

    /// Whether all has ended, and if so whether because of too many restarts.
    pub(super) fn closed(&self) -> Option<bool> {
        match self.mode {
            Mode::Closed { exceeded } => Some(exceeded),
            _ => None,
        }
    }

    pub(super) fn state(&self, child: usize) -> State {
        self.children[child].state
    }

    /// How often the child has been started again.
    pub(super) fn restarts(&self, child: usize) -> u64 {
        self.children[child].run.saturating_sub(1)
    }

    /// A run ended.
    pub(super) fn exited(
        &mut self,
        now: Instant,
        child: usize,
        run: u64,
        failed: bool,
    ) -> Consequence {
        let slot = &self.children[child];
        let consequence = match slot.state {
            _ if slot.run != run => Consequence::None,
            State::Down | State::Waiting { .. } => Consequence::None,
            State::Stopping { then_start, .. } => {
                self.come_down(child, then_start, now);
                Consequence::Stopped
            }
            State::Running { since } => self.ended(now, child, since, failed),
        };
        self.advance(now);
        consequence
    }

    /// The time of [`next_time`](Machine::next_time) has come.
    pub(super) fn elapsed(&mut self, now: Instant) {
        for child in 0..self.children.len() {
            if let State::Stopping { until: Some(until), then_start } = self.children[child].state
                && until <= now
            {
                self.actions.push_back(Action::Abandon { child });
                self.come_down(child, then_start, now);
            }
        }
        self.advance(now);
    }

    /// All children are to be stopped, and not to be started any more. Said again, the earlier
    /// deadline counts.
    pub(super) fn stop(&mut self, now: Instant, deadline: Instant) {
        let deadline = match self.mode {
            Mode::Closed { .. } => return,
            Mode::Closing { deadline: Some(known), .. } => deadline.min(known),
            _ => deadline,
        };
        self.close(Some(deadline), false);
        for (child, slot) in self.children.iter_mut().enumerate() {
            if let State::Stopping { until, .. } = &mut slot.state
                && until.is_none_or(|until| deadline < until)
            {
                *until = Some(deadline);
                self.actions.push_back(Action::Stop { child, until: *until });
            }
        }
        self.advance(now);
    }

    /// Somebody asks for a restart: as after a failure, but at once and uncounted. Gives whether
    /// there will be one.
    pub(super) fn restart(&mut self, now: Instant, child: usize) -> bool {
        let Slot { terms, state, .. } = self.children[child];
        let is_temporary = terms.restart == Restart::Temporary;
        match self.mode {
            Mode::Closing { .. } | Mode::Closed { .. } => return false,
            Mode::Regrouping { from, .. } if child >= from => return !is_temporary,
            Mode::Regrouping { .. } | Mode::Up => {}
        }
        match (self.rules.strategy, state) {
            (Strategy::OneForAll, _) if !is_temporary => self.regroup(0, now),
            (Strategy::RestForOne, _) if !is_temporary => self.regroup(child, now),
            (_, State::Running { .. }) => self.tell(child, now, None, true),
            (_, State::Stopping { .. }) => {}
            (_, State::Down | State::Waiting { .. }) => self.start_child(child, now),
        }
        self.advance(now);
        true
    }

    /// A child that ran has ended by itself.
    fn ended(&mut self, now: Instant, child: usize, since: Instant, failed: bool) -> Consequence {
        let Rules { strategy, backoff, .. } = self.rules;
        let slot = &mut self.children[child];
        if now.saturating_duration_since(since) >= backoff.steady() {
            slot.failures = 0;
        }
        let wanted = match slot.terms.restart {
            Restart::Permanent => true,
            Restart::Transient => failed,
            Restart::Temporary => false,
        };
        match self.mode {
            Mode::Closing { .. } | Mode::Closed { .. } => {
                slot.state = State::Down;
                return Consequence::Stopped;
            }
            // It was about to be stopped, to be started again with the others.
            Mode::Regrouping { from, .. } if child >= from => {
                self.come_down(child, false, now);
                return match self.children[child].state {
                    State::Down => Consequence::Ended,
                    _ => Consequence::Regrouped,
                };
            }
            Mode::Up | Mode::Regrouping { .. } => {}
        }
        slot.state = State::Down;
        if !wanted {
            return Consequence::Ended;
        }
        let after = backoff.delay(slot.failures, (self.random)());
        slot.failures = slot.failures.saturating_add(1);
        if !self.may_restart(now) {
            self.close(None, true);
            return Consequence::Exceeded;
        }
        let at = now.checked_add(after).unwrap_or_else(never);
        match strategy {
            Strategy::OneForOne => self.children[child].state = State::Waiting { until: at },
            Strategy::OneForAll => self.regroup(0, at),
            Strategy::RestForOne => self.regroup(child, at),
        }
        Consequence::Restarted { after }
    }

    /// Counts a restart, unless it is one too many.
    fn may_restart(&mut self, now: Instant) -> bool {
        let Some(limit) = self.rules.intensity.limit() else { return true };
        let period = self.rules.intensity.period();
        while self
            .restarts
            .front()
            .is_some_and(|first| now.saturating_duration_since(*first) >= period)
        {
            self.restarts.pop_front();
        }
        let may = self.restarts.len() < limit as usize;
        if may {
            self.restarts.push_back(now);
        }
        may
    }

    /// Stops the children from `from` on, and starts them again, not before `at`.
    fn regroup(&mut self, from: usize, at: Instant) {
        let (from, at) = match self.mode {
            Mode::Regrouping { from: known, at: later } => (from.min(known), at.max(later)),
            _ => (from, at),
        };
        self.mode = Mode::Regrouping { from, at };
        for slot in &mut self.children[from..] {
            let is_down = matches!(slot.state, State::Down | State::Waiting { .. });
            if is_down && slot.terms.restart != Restart::Temporary {
                slot.state = State::Waiting { until: at };
            }
        }
    }

    fn close(&mut self, deadline: Option<Instant>, exceeded: bool) {
        self.mode = Mode::Closing { deadline, exceeded };
        for slot in &mut self.children {
            if let State::Waiting { .. } = slot.state {
                slot.state = State::Down;
            }
        }
    }

    /// A child that was told to stop does not run any more.
    fn come_down(&mut self, child: usize, then_start: bool, now: Instant) {
        let slot = &mut self.children[child];
        slot.state = match self.mode {
            Mode::Regrouping { from, at }
                if child >= from && slot.terms.restart != Restart::Temporary =>
            {
                State::Waiting { until: at }
            }
            Mode::Regrouping { .. } | Mode::Up if then_start => State::Waiting { until: now },
            _ => State::Down,
        };
    }

    /// Does what is due.
    fn advance(&mut self, now: Instant) {
        match self.mode {
            Mode::Up => self.start_waiting(now),
            Mode::Regrouping { from, at } => {
                if self.stop_from(from, now, None) && at <= now {
                    self.mode = Mode::Up;
                    self.start_waiting(now);
                }
            }
            Mode::Closing { deadline, exceeded } => {
                if self.stop_from(0, now, deadline) {
                    self.mode = Mode::Closed { exceeded };
                }
            }
            Mode::Closed { .. } => {}
        }
    }

    fn start_waiting(&mut self, now: Instant) {
        for child in 0..self.children.len() {
            if let State::Waiting { until } = self.children[child].state
                && until <= now
            {
                self.start_child(child, now);
            }
        }
    }

    fn start_child(&mut self, child: usize, now: Instant) {
        let slot = &mut self.children[child];
        slot.run += 1;
        slot.state = State::Running { since: now };
        self.actions.push_back(Action::Start { child, run: slot.run });
    }

    /// Goes on with stopping the children from `from` on, the last one first. Gives whether none of
    /// them is left.
    fn stop_from(&mut self, from: usize, now: Instant, deadline: Option<Instant>) -> bool {
        let Some(last) = self.alive_from(from) else { return true };
        let together = self.rules.stops_together;
        for child in (if together { from } else { last }..=last).rev() {
            if let State::Running { .. } = self.children[child].state {
                // While others wait for their turn, one may take half of the time that is left.
                let others_wait =
                    !together && self.children[from..child].iter().any(Slot::is_alive);
                let share = deadline.map(|deadline| {
                    let left = deadline.saturating_duration_since(now);
                    now + if others_wait { left / 2 } else { left }
                });
                self.tell(child, now, share, false);
            }
        }
        false
    }

    fn tell(&mut self, child: usize, now: Instant, limit: Option<Instant>, then_start: bool) {
        let slot = &mut self.children[child];
        let own = slot.terms.stop_within.and_then(|within| now.checked_add(within));
        let until = own.into_iter().chain(limit).min();
        slot.state = State::Stopping { until, then_start };
        self.actions.push_back(Action::Stop { child, until });
    }

    /// The last child from `from` on that runs or stops.
    fn alive_from(&self, from: usize) -> Option<usize> {
        (from..self.children.len()).rev().find(|child| self.children[*child].is_alive())
    }
}

impl Slot {
    fn is_alive(&self) -> bool {
        matches!(self.state, State::Running { .. } | State::Stopping { .. })
    }
}
