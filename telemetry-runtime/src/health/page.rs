//! The answers to probes, as texts. What they show is decided by who asks.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use http::StatusCode;

use super::health::Health;
use super::json::Json;
use super::options::Details;
use super::readiness::{CheckReason, CheckStatus};
use super::snapshot::{CheckInfo, HealthSnapshot};
use super::timestamp::timestamp;

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Text,
}

impl Form {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// What is asked for, and by whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) form: Form,
    /// One line for each check, in place of one word.
    pub(super) is_verbose: bool,
    /// Whether who asks may see reasons, messages, times and counts.
    pub(super) shows_details: bool,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) body: String,
}

const OBJECT: [char; 2] = ['{', '}'];
const ARRAY: [char; 2] = ['[', ']'];

/// Whether the program is alive.
pub(super) fn live(health: &Health, question: Question) -> Page {
    let fault = health.fault();
    let word = if fault.is_some() { "dead" } else { "ok" };
    let status = if fault.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let fault = fault.filter(|_| question.is_verbose && question.shows_details);
    let body = match question.form {
        Form::Json => object(|json| {
            json.key("status").text(word);
            if let Some(fault) = &fault {
                json.key("message").text(fault);
            }
        }),
        Form::Text => match fault {
            Some(fault) => format!("{word}: {fault}\n"),
            None => format!("{word}\n"),
        },
    };
    Page { status, body }
}

/// Whether the program has started, for good.
pub(super) fn startup(health: &Health, question: Question) -> Page {
    let has_started = health.has_started();
    let (word, status) = if has_started {
        ("started", StatusCode::OK)
    } else {
        ("starting", StatusCode::SERVICE_UNAVAILABLE)
    };
    let body = match question.form {
        Form::Json => object(|json| json.key("status").text(word)),
        Form::Text => format!("{word}\n"),
    };
    Page { status, body }
}

/// Whether the program can serve, and the state of each check.
pub(super) fn ready(health: &Health, question: Question) -> Page {
    let snapshot = health.snapshot();
    let readiness = health.readiness_of(&snapshot);
    let shows_names = health.policy().details != Details::Never;
    let body = match question.form {
        Form::Json => object(|json| {
            json.key("status").text(readiness.as_str());
            if question.is_verbose && question.shows_details {
                identity(json, health);
            }
            if shows_names {
                checks(json.key("checks"), &snapshot, question);
            }
        }),
        Form::Text if question.is_verbose && shows_names => {
            let mut text = String::new();
            snapshot.checks.iter().for_each(|check| line(&mut text, check, question));
            let result = if readiness.is_serving() { "passed" } else { "failed" };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{readiness}: check {result}");
            text
        }
        Form::Text => format!("{readiness}\n"),
    };
    Page { status: readiness.status_code(), body }
}

/// One check; `None` where there is none of this name, or nobody may know.
pub(super) fn check(health: &Health, name: &str, question: Question) -> Option<Page> {
    if health.policy().details == Details::Never {
        return None;
    }
    let snapshot = health.snapshot();
    let check = snapshot.check(name)?;
    let status = match check.status_at(Instant::now()) {
        Some(CheckStatus::Pass | CheckStatus::Warn) => StatusCode::OK,
        Some(CheckStatus::Fail) | None => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = match question.form {
        Form::Json => {
            let mut json = Json::new();
            whole(&mut json, check, question.shows_details);
            json.finish()
        }
        Form::Text => {
            let mut text = String::new();
            line(&mut text, check, question);
            text
        }
    };
    Some(Page { status, body })
}

/// What is not there.
pub(super) fn missing(form: Form) -> Page {
    let message = "there is no such check and no such path; see /health, /health/ready, /health/startup and /health/ready/{check}";
    let body = match form {
        Form::Json => object(|json| json.key("error").text(message)),
        Form::Text => format!("{message}\n"),
    };
    Page { status: StatusCode::NOT_FOUND, body }
}

fn object(inner: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::new();
    json.within(OBJECT, inner);
    json.finish()
}

fn identity(json: &mut Json, health: &Health) {
    let service = health.identity();
    json.key("service").text(service.name());
    if !service.version().is_empty() {
        json.key("version").text(service.version());
    }
    json.key("uptime_s").plain(health.uptime().as_secs());
    json.key("since").text(&timestamp(health.since()));
}

/// One word each, so that the text stays the same while the state does; or one object each.
fn checks(json: &mut Json, snapshot: &HealthSnapshot, question: Question) {
    if question.is_verbose {
        json.within(ARRAY, |json| {
            for check in &snapshot.checks {
                whole(json, check, question.shows_details);
            }
        });
    } else {
        json.within(OBJECT, |json| {
            for check in &snapshot.checks {
                json.key(&check.name).text(word(check));
            }
        });
    }
}

fn whole(json: &mut Json, check: &CheckInfo, shows_details: bool) {
    let now = Instant::now();
    json.within(OBJECT, |json| {
        json.key("name").text(&check.name);
        json.key("status").text(check.status_at(now).map_or("pending", CheckStatus::as_str));
        if !shows_details {
            return;
        }
        json.key("kind").text(check.kind.as_str());
        json.key("critical").plain(check.is_critical);
        if let Some(reason) = check.reason_at(now) {
            json.key("reason").text(reason.as_str());
        }
        if let Some(message) = &check.message {
            json.key("message").text(message);
        }
        if let Some(duration) = check.duration {
            json.key("duration_ms").plain(milliseconds(duration));
        }
        if let Some(at) = check.checked_at {
            json.key("checked_at").text(&timestamp(at));
        }
        if let Some(ended) = check.ended {
            json.key("age_ms").plain(now.saturating_duration_since(ended).as_millis());
        }
        if let Some(at) = check.last_pass {
            json.key("last_pass_at").text(&timestamp(at));
        }
        json.key("consecutive_failures").plain(check.consecutive_failures);
        for (key, count) in [
            ("runs", check.runs),
            ("failures", check.failures),
            ("timeouts", check.timeouts),
            ("panics", check.panics),
            ("skipped", check.skipped),
        ] {
            json.key(key).plain(count);
        }
    });
}

/// `[+]cache ok`, `[-]db failed: reason withheld`.
fn line(text: &mut String, check: &CheckInfo, question: Question) {
    let now = Instant::now();
    let status = check.status_at(now);
    let mark = if matches!(status, Some(CheckStatus::Fail) | None) { '-' } else { '+' };
    // Writing to a String cannot fail.
    let _ = write!(text, "[{mark}]{} {}", check.name, word(check));
    if status != Some(CheckStatus::Pass) {
        if question.shows_details {
            let reason = check.reason_at(now).map_or("", CheckReason::as_str);
            let _ = write!(text, ": {reason}");
            if let Some(message) = &check.message {
                let _ = write!(text, ": {message}");
            }
        } else {
            text.push_str(": reason withheld");
        }
    }
    text.push('\n');
}

fn word(check: &CheckInfo) -> &'static str {
    check.status_at(Instant::now()).map_or("pending", CheckStatus::word)
}

/// With a digit behind the point.
fn milliseconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1_000.0)
}
