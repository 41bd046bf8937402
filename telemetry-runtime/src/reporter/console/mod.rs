//! The console: what is measured, for whoever looks on.
//!
//! A table of all metrics at each interval, drawn over the one before on a terminal; or each event that
//! feeds a metric, as it comes. Colours are on terminals alone, and not where `NO_COLOR` is set.
//! Writing may block, so it is done on a thread where that harms nobody; what cannot be written is
//! counted, and a console that was closed is written to no more.

mod events;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod human;
mod sink;
mod table;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use telemetry::AnyEvent;

use self::events::Events;
use self::sink::{Sink, Written};
use self::table::{Look, table};
use super::selection::selects;
use super::{Report, Reporter, Selection, Start};
use crate::config::{Settings, Variable};
use crate::error::Error;
use crate::store::snapshot::Snapshot;
use crate::vocabulary::runtime::runtime;

const NAME: &str = "console";
/// How often a table is drawn.
const EVERY: Duration = Duration::from_secs(2);
/// How long an event waits at the most.
const EVENTS_EVERY: Duration = Duration::from_millis(100);
/// To the upper left, and everything below is gone.
const REDRAW: &str = "\x1b[H\x1b[J";

/// Whether colours are left out.
pub(crate) static NO_COLOR: Variable<Option<String>> = Variable::new(
    "NO_COLOR",
    || None,
    "Set to anything, the console has no colours: see https://no-color.org.",
);

/// Writes what is measured to standard output, for development.
///
/// ```
/// use telemetry_runtime::Telemetry;
/// use telemetry_runtime::reporter::Console;
///
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// let telemetry = Telemetry::builder()
///     .admin("127.0.0.1:0")
///     .reporter(Console::table())
///     .start()?;
/// # Ok(())
/// # }
/// ```
pub struct Console {
    shows: Shows,
    every: Option<Duration>,
    width: Option<usize>,
    colors: Option<bool>,
    sink: Sink,
    /// Whether it is standard output, which may be a terminal.
    is_standard: bool,
    has_no_color: bool,
    service: String,
    selection: Selection,
}

#[derive(Debug)]
enum Shows {
    Table,
    /// `None` before the start.
    Events(Option<Events>),
}

impl Console {
    /// A table of all metrics, every two seconds unless [said otherwise](Self::every).
    pub fn table() -> Self {
        Self::new(Shows::Table)
    }

    /// Each execution of an event that feeds a metric, with its fields.
    ///
    /// They are written some 100 ms later, in their order. Of more than 1,024 that wait some are left
    /// out, which is said and counted.
    pub fn events() -> Self {
        Self::new(Shows::Events(None))
    }

    fn new(shows: Shows) -> Self {
        Self {
            shows,
            every: None,
            width: None,
            colors: None,
            sink: Sink::Ready(Box::new(io::stdout())),
            is_standard: true,
            has_no_color: false,
            service: String::new(),
            selection: Selection::all(),
        }
    }

    /// How often it writes.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = Some(interval);
        self
    }

    /// How many columns a line has: those of the terminal unless given, and no limit elsewhere.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = Some(columns);
        self
    }

    /// Whether there are colours: on a terminal alone unless given, and never where `NO_COLOR` is set.
    #[must_use]
    pub fn colors(mut self, colors: bool) -> Self {
        self.colors = Some(colors);
        self
    }

    /// Writes to something else than standard output.
    #[must_use]
    pub fn writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.sink = Sink::Ready(Box::new(writer));
        self.is_standard = false;
        self
    }

    selects!();

    fn is_terminal(&self) -> bool {
        self.is_standard && io::stdout().is_terminal()
    }

    fn text(&self, snapshot: &Snapshot) -> (String, u64) {
        let is_terminal = self.is_terminal();
        match &self.shows {
            Shows::Table => {
                let size = is_terminal.then(terminal_size::terminal_size).flatten();
                let columns = size.map(|(columns, _)| usize::from(columns.0));
                let look = Look {
                    width: self.width.or(columns),
                    rows: size.map(|(_, rows)| usize::from(rows.0)),
                    colors: !self.has_no_color && self.colors.unwrap_or(is_terminal),
                };
                let redraw = if is_terminal { REDRAW } else { "" };
                (format!("{redraw}{}", table(snapshot, &self.service, look)), 0)
            }
            Shows::Events(None) => (String::new(), 0),
            Shows::Events(Some(events)) => {
                let (mut text, dropped) = events.take();
                if dropped > 0 {
                    text.push_str(&format_dropped(dropped));
                }
                (text, dropped)
            }
        }
    }
}

impl Reporter for Console {
    fn name(&self) -> &'static str {
        NAME
    }

    fn configure(&mut self, settings: &mut Settings) {
        self.has_no_color = settings.read(&NO_COLOR, None).is_some();
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        start.service().name().clone_into(&mut self.service);
        if let Shows::Events(events) = &mut self.shows {
            let mut all: Vec<&'static AnyEvent> = Vec::new();
            for source in start.metrics().flat_map(|metric| metric.definition().sources) {
                if !all.iter().any(|known| std::ptr::eq(*known, source.event)) {
                    all.push(source.event);
                }
            }
            *events = Some(Events::of(&all)?);
        }
        Ok(())
    }

    fn interval(&self) -> Option<Duration> {
        let usual = if matches!(self.shows, Shows::Table) { EVERY } else { EVENTS_EVERY };
        Some(self.every.unwrap_or(usual))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        Box::pin(async move {
            let (text, dropped) = self.text(snapshot);
            drop_lines(dropped, "full");
            let lines = text.lines().count() as u64;
            if lines == 0 {
                return Ok(());
            }
            match self.sink.write(text).await {
                Written::All => Ok(()),
                Written::Closed => {
                    // Nobody looks on any more, which is no failure.
                    drop_lines(lines, "closed");
                    Ok(())
                }
                Written::Busy => {
                    drop_lines(lines, "full");
                    let text = format!("{lines} lines were dropped, as the console takes no more");
                    Err(Error::reporter(NAME, text))
                }
            }
        })
    }
}

fn format_dropped(dropped: u64) -> String {
    format!("… {dropped} events were left out, as they came too fast\n")
}

fn drop_lines(lines: u64, reason: &str) {
    if lines > 0 {
        telemetry::execute!(
            runtime.reporter.dropped,
            { lines },
            { reporter: NAME, destination: "the console", reason }
        );
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("shows", &self.shows)
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}
