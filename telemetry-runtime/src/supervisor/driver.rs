//! A supervisor at work: it does what its [`Machine`] decides, and tells it what happens.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use telemetry::ExceptionKind;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::Supervisor;
use super::child::{Body, Child};
use super::machine::{Action, Consequence, Machine, State};
use super::node::{ChildState, Node};
use super::notice::Subject;
use super::outcome::{Failure, Outcome};
use super::policy;
use super::run::{Exit, Run};
use crate::log::Log;
use crate::phase::{Phase, Phases};
use crate::stop::Stop;

/// What a supervisor that stops has more than its children, at the least.
const MARGIN: Duration = Duration::from_millis(10);

/// What all supervisors of one runtime share.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) log: Log,
    pub(crate) phases: Phases,
}

/// One supervisor whose children were started. Dropped, it abandons them.
pub(crate) struct Driver {
    supervisor: Arc<Supervisor>,
    node: Arc<Node>,
    surroundings: Surroundings,
    machine: Machine,
    seats: Vec<Seat>,
    exits: UnboundedReceiver<Exit>,
    /// Kept, so that receiving never ends.
    exit_sender: UnboundedSender<Exit>,
    requests: UnboundedReceiver<usize>,
    /// Until when to have stopped, once it was told to.
    told: Option<Instant>,
}

/// The place of one child.
struct Seat {
    run: Option<Run>,
    /// The state that the node was told of last.
    shown: State,
    /// What it is called while it is down.
    rest: ChildState,
    /// Whether it is known to the log that it fails.
    is_logged: bool,
}

impl Driver {
    /// Starts all children. To be called on the runtime's thread.
    pub(crate) fn start(
        supervisor: Arc<Supervisor>,
        node: Arc<Node>,
        surroundings: Surroundings,
    ) -> Self {
        let terms = supervisor.children.iter().map(Child::terms);
        let machine = Machine::start(now(), supervisor.rules, terms, policy::random);
        let seat =
            |_| Seat { run: None, shown: State::Down, rest: ChildState::New, is_logged: false };
        let seats = supervisor.children.iter().map(seat).collect();
        let (exit_sender, exits) = mpsc::unbounded_channel();
        let (request_sender, requests) = mpsc::unbounded_channel();
        node.take_requests(Some(request_sender));
        let mut driver = Self {
            supervisor,
            node,
            surroundings,
            machine,
            seats,
            exits,
            exit_sender,
            requests,
            told: None,
        };
        driver.perform();
        driver
    }

    /// Supervises until it is told to stop and all children have stopped or were abandoned.
    ///
    /// # Errors
    /// When there were too many restarts.
    pub(crate) async fn run(mut self, stop: Stop) -> Outcome {
        let mut too_many = Ok(());
        while self.machine.closed().is_none() {
            let time = self.machine.next_time();
            tokio::select! {
                biased;
                Some(exit) = self.exits.recv() => {
                    if let Some(failure) = self.exited(exit) {
                        too_many = Err(failure);
                    }
                }
                deadline = stop.sooner_than(self.told) => self.told(deadline),
                Some(child) = self.requests.recv() => {
                    self.machine.restart(now(), child);
                }
                () = reached(time) => self.machine.elapsed(now()),
            }
            self.perform();
        }
        if self.machine.closed() == Some(true) { too_many } else { Ok(()) }
    }

    fn told(&mut self, deadline: Instant) {
        self.told = Some(deadline);
        self.node.take_requests(None);
        if self.is_the_end() {
            for (place, _) in self.seats.iter().enumerate() {
                if let State::Waiting { .. } = self.machine.state(place) {
                    self.node.child(place).set_cut(": it failed, and was about to be restarted");
                }
            }
        }
        self.machine.stop(now(), deadline);
    }

    /// Gives the supervisor's own failure, if the end of this run is one too many.
    fn exited(&mut self, exit: Exit) -> Option<Failure> {
        let Exit { child, run, outcome } = exit;
        let consequence = self.machine.exited(now(), child, run, outcome.is_err());
        if consequence == Consequence::None {
            return None;
        }
        let started = self.seats[child].run.take().map_or(0, |run| run.started);
        let node = self.node.child(child).clone();
        if let Consequence::Restarted { .. } = consequence {
            self.node.count_restart();
        }
        self.seats[child].rest = match (&outcome, consequence) {
            (Err(_), _) => ChildState::Failed,
            (Ok(()), Consequence::Stopped) => ChildState::Stopped,
            (Ok(()), _) => ChildState::Done,
        };
        let ending = match &outcome {
            Ok(()) => {
                let is_told = consequence == Consequence::Stopped;
                let reason = if is_told { "told to stop" } else { "done" };
                self.subject(child).stopped(started, reason);
                "was done".to_owned()
            }
            Err(failure) => {
                self.failed(child, started, failure, consequence);
                if self.is_the_end() && consequence == Consequence::Stopped {
                    node.set_cut(match failure.kind {
                        ExceptionKind::Panic => ": it panicked".to_owned(),
                        _ => format!(": {}", failure.reason),
                    });
                }
                failure.to_string()
            }
        };
        let intensity = self.supervisor.rules.intensity;
        (consequence == Consequence::Exceeded).then(|| {
            Failure::error(format!("more than {intensity}, at last as {:?} {ending}", node.name()))
        })
    }

    fn failed(&mut self, child: usize, started: u64, failure: &Failure, then: Consequence) {
        self.node.child(child).failed(failure);
        let subject = self.subject(child);
        subject.failed(started, failure);
        let ran = Duration::from_nanos(telemetry::__private::now().saturating_sub(started));
        let is_new = !self.seats[child].is_logged || ran >= self.supervisor.rules.backoff.steady();
        if is_new || matches!(then, Consequence::Ended | Consequence::Exceeded) {
            subject.log(&self.surroundings.log, failure, then);
        }
        self.seats[child].is_logged = true;
    }

    /// Does all that the machine wants, and shows how it stands.
    fn perform(&mut self) {
        while let Some(action) = self.machine.next_action() {
            match action {
                Action::Start { child, run } => self.start_child(child, run),
                Action::Stop { child, until } => self.tell(child, until),
                Action::Abandon { child } => self.abandon(child),
            }
        }
        for (place, seat) in self.seats.iter_mut().enumerate() {
            let state = self.machine.state(place);
            if seat.shown == state {
                continue;
            }
            seat.shown = state;
            self.node.child(place).set_state(match state {
                State::Down => seat.rest,
                State::Running { .. } => ChildState::Running,
                State::Stopping { .. } => ChildState::Stopping,
                State::Waiting { until } => {
                    let left = until.saturating_duration_since(now());
                    let now = SystemTime::now();
                    ChildState::Waiting { until: now.checked_add(left).unwrap_or(now) }
                }
            });
        }
    }

    fn start_child(&mut self, child: usize, number: u64) {
        let node = self.node.child(child).clone();
        node.started(self.machine.restarts(child));
        self.subject(child).started();
        let exits = self.exit_sender.clone();
        let (mut run, ending) = Run::new(child, number, node.clone(), exits);
        let stop = run.stop_word();
        match &self.supervisor.children[child].body {
            Body::Task(start) => {
                let start = start.clone();
                // Within the task, so that a panic of the function is one of the task.
                run.spawn(Box::pin(async move { start(stop).await }), ending);
            }
            Body::Thread(body) => run.spawn_thread(body.clone(), ending),
            Body::Supervisor(supervisor) => {
                let surroundings = self.surroundings.clone();
                let driver = Self::start(supervisor.clone(), node, surroundings);
                run.spawn(Box::pin(driver.run(stop)), ending);
            }
        }
        self.seats[child].run = Some(run);
    }

    fn tell(&mut self, child: usize, until: Option<Instant>) {
        let Some(run) = &self.seats[child].run else { return };
        let until = match &self.supervisor.children[child].body {
            // It needs some of the time to abandon its own children.
            Body::Supervisor(_) => until.map(|until| {
                let left = until.saturating_duration_since(now());
                now() + left.saturating_sub((left / 10).max(MARGIN.min(left / 4)))
            }),
            Body::Task(_) | Body::Thread(_) => until,
        };
        run.tell_to_stop(until);
    }

    fn abandon(&mut self, child: usize) {
        let Some(run) = self.seats[child].run.take() else { return };
        let started = run.started;
        run.abandon();
        self.seats[child].rest = ChildState::Abandoned;
        if self.is_the_end() {
            self.node.child(child).set_cut(" took too long");
        }
        self.failed(child, started, &Failure::abandoned(), Consequence::Stopped);
    }

    fn subject(&self, child: usize) -> Subject<'_> {
        Subject {
            supervisor: &self.node,
            child: self.node.child(child),
            restarts: self.machine.restarts(child),
        }
    }

    /// Whether what stops now is not started again.
    fn is_the_end(&self) -> bool {
        self.surroundings.phases.current() >= Phase::Stopping
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.node.take_requests(None);
        for child in (0..self.seats.len()).rev() {
            if self.seats[child].run.is_some() {
                self.abandon(child);
                self.node.child(child).set_state(ChildState::Abandoned);
            }
        }
    }
}

async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// The time as tests can stop it.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
