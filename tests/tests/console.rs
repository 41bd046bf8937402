//! What the console shows, where, and that nobody is harmed when it is gone.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use telemetry_runtime::reporter::Console;
use telemetry_runtime::{Telemetry, runtime};
use telemetry_tests::cargo::build_program;
use telemetry_tests::wait;

telemetry::events! {
    event shown.orders.placed { measurements { bytes: u64, took: Duration } metadata { region: &str } }
}
telemetry::metrics! {
    pub static SHOWN;
    counter(shown.orders.placed.count, tags = [region]);
    sum(shown.orders.placed.bytes, unit = byte => kilobyte, tags = [region]);
    distribution(shown.orders.placed.took, unit = native => second, buckets = [1, 2], tags = [region]);
}

const DEADLINE: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_hours(1);

/// Executions are of the whole program: the tests run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// What is on the console after the program has executed `times` events.
fn shown(console: Console, variables: &[(&'static str, &'static str)], times: u64) -> String {
    let kept = Kept::default();
    let telemetry = Telemetry::builder()
        .admin("off")
        .log(|_| {})
        .service("shop", "1")
        .environment(variables.iter().copied())
        .reporter(console.only(&SHOWN).every(NEVER).writer(kept.clone()))
        .start()
        .unwrap();
    for n in 0..times {
        let region = if n % 2 == 0 { "eu\x1b[2J" } else { "注文" };
        let took = Duration::from_millis(1_500);
        telemetry::execute!(shown.orders.placed, { bytes: 1_500, took }, { region });
    }
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());
    kept.text()
}

#[test]
fn a_table_has_a_line_for_each_series_in_units_that_people_read() {
    let _alone = alone();
    let text = shown(Console::table(), &[], 4_000);
    assert!(text.starts_with("shop  ") && text.contains(" UTC  6 series\n"), "{text}");
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        "shown.orders.placed.count region=注文 2,000",
        "shown.orders.placed.count region=eu·[2J 2,000",
        "shown.orders.placed.bytes region=注文 3 MB",
        "shown.orders.placed.took region=注文 2,000× mean 1.5 s",
    ] {
        assert!(lines.iter().any(|shown| shown == line), "{line} in {text}");
    }
    // where this goes to is no terminal
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn a_line_is_no_wider_than_the_console() {
    let _alone = alone();
    let text = shown(Console::table().width(40), &[], 4);
    assert!(text.contains('…'), "{text}");
    // each of the two letters takes two columns
    let width = |line: &str| line.chars().map(|c| if "注文".contains(c) { 2 } else { 1 }).sum();
    assert!(text.lines().map(width).all(|width: usize| width <= 40), "{text}");
}

#[test]
fn colours_are_where_they_are_wanted_and_not_where_they_are_refused() {
    let _alone = alone();
    assert!(shown(Console::table().colors(true), &[], 1).contains("\x1b[1mshop"));
    for console in [Console::table().colors(true), Console::table()] {
        assert!(!shown(console, &[("NO_COLOR", "1")], 1).contains('\x1b'));
    }
    assert!(shown(Console::table().colors(true), &[("NO_COLOR", "")], 1).contains('\x1b'));
}

#[test]
fn events_are_blocks_in_their_order_and_no_field_moves_the_cursor() {
    let _alone = alone();
    let text = shown(Console::events(), &[], 2);
    let blocks: Vec<&str> = text.split(" shown.orders.placed\n").collect();
    assert_eq!(blocks.len(), 3, "{text}");
    assert!(blocks[1].starts_with("  measurements bytes=1500, took=1.5s\n"), "{text}");
    assert!(blocks[1].contains("  metadata     region=eu·[2J\n"), "{text}");
    assert!(blocks[2].ends_with("  metadata     region=注文\n"), "{text}");
    assert!(
        telemetry::handlers("shown.orders.placed")
            .iter()
            .all(|handler| { !handler.id.starts_with("telemetry.console") })
    );
}

#[test]
fn events_that_come_too_fast_are_left_out_said_and_counted() {
    let _alone = alone();
    let dropped = Arc::new(Mutex::new(0));
    let attached = telemetry::attach(
        "console-drops",
        &runtime::reporter::dropped,
        dropped.clone(),
        |event, dropped| *dropped.lock().unwrap() += event.measurements.lines,
    );
    let text = shown(Console::events(), &[], 2_000);
    let blocks = text.matches(" shown.orders.placed\n").count() as u64;
    drop(attached);
    telemetry::detach("console-drops").unwrap();
    let dropped = *dropped.lock().unwrap();
    assert_eq!((blocks, dropped), (1_024, 976));
    assert!(text.ends_with("… 976 events were left out, as they came too fast\n"));
}

#[test]
fn a_console_that_was_closed_harms_nobody() {
    let program = build_program("console").unwrap();
    for shows in ["table", "events"] {
        let mut child = Command::new(&program)
            .arg(shows)
            .env_remove("TELEMETRY_BIND")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let status =
            wait::until("end", DEADLINE, || child.try_wait()?.ok_or(anyhow::anyhow!("runs")));
        assert!(status.unwrap().success());
        let errors = io::read_to_string(child.stderr.take().unwrap()).unwrap();
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_table_is_drawn_over_the_one_before_with_colours() {
    let program = build_program("console").unwrap();
    // gives the program a terminal of its own
    let on_terminal = |no_color: &str| {
        let mut command = Command::new("script");
        command
            .args(["-qec", &program.display().to_string(), "/dev/null"])
            .env("NO_COLOR", no_color);
        String::from_utf8(command.stdin(Stdio::null()).output().unwrap().stdout).unwrap()
    };
    let text = on_terminal("");
    assert!(text.contains("\x1b[H\x1b[J\x1b[1mconsole"), "{text:?}");
    assert!(text.contains("my_app.orders.placed.count"), "{text:?}");
    let plain = on_terminal("1");
    assert!(plain.contains("\x1b[H\x1b[Jconsole") && !plain.contains("\x1b[1m"), "{plain:?}");
}
