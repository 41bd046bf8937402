//! What probes are answered is JSON whatever stands in it, and errors are told on one line without what
//! looks like a secret.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use telemetry_runtime::fuzzing::health::{json, redacted, timestamp};

fuzz_target!(|text: &str| {
    objects(text);
    redactions(text);
    timestamps(text);
});

fn objects(text: &str) {
    let pairs: Vec<(&str, &str)> =
        text.split('\u{1e}').map(|pair| pair.split_once('\u{1f}').unwrap_or((pair, ""))).collect();
    let written = json(&pairs);
    let hostile = |c: char| c.is_control() || "<>&\u{2028}\u{2029}".contains(c);
    assert!(!written.contains(hostile), "{written:?}");
    let read: Value = serde_json::from_str(&written).expect("it is JSON");
    assert_eq!(read["ended"], true);
    let all = read["all"].as_array().expect("it is an array");
    assert_eq!(all.len(), 2 * pairs.len());
    for (of_pair, (key, value)) in all.chunks(2).zip(pairs) {
        assert_eq!(of_pair[0][key], value);
        assert_eq!(of_pair[1], value.len());
    }
}

fn redactions(text: &str) {
    let told = redacted(text);
    assert!(told.chars().count() <= 257 && !told.contains(char::is_control), "{told:?}");
    let secret = "sesame7opens";
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).take(40).collect();
    if text.contains(secret) || plain.contains(secret) {
        return;
    }
    for hidden in [
        format!("postgres://{plain}:{secret}@host/{plain}"),
        format!("{plain} password={secret} {plain}"),
        format!("http://host/?{plain}=1&api_key={secret}"),
        format!("{plain};Pwd={secret};x"),
    ] {
        let told = redacted(&hidden);
        assert!(!told.contains(secret), "{told:?}");
        assert_eq!(redacted(&told), told, "it is told once as twice");
    }
    // whatever stands around it
    let within = format!("{text} token={secret} {text}");
    assert!(!redacted(&within).contains(secret), "{within:?}");
}

/// The calendar, counted year by year.
fn timestamps(text: &str) {
    let mut seconds = [0; 8];
    seconds[..5].copy_from_slice(&[text.as_bytes(), &[0; 5]].concat()[..5]);
    // up to the year 36,000
    let seconds = u64::from_le_bytes(seconds);
    let told = timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let (date, time) = told.split_once('T').expect("a date stands before a time");
    let fields = |text: &str, separator: char| -> Vec<u64> {
        text.split(separator).map(|number| number.parse().expect("a number")).collect()
    };
    let [year, month, day] = fields(date, '-')[..] else { panic!("{told}") };
    let time = fields(time.strip_suffix('Z').expect("it is UTC"), ':');
    let [hour, minute, second] = time[..] else { panic!("{told}") };
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of = |month: u64| match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    assert!((1..=12).contains(&month) && (1..=days_of(month)).contains(&day), "{told}");
    let before = (year - 1) - 1_969;
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let days =
        365 * before + leaps(year - 1) - leaps(1_969) + (1..month).map(days_of).sum::<u64>() + day
            - 1;
    assert_eq!(days * 86_400 + hour * 3_600 + minute * 60 + second, seconds, "{told}");
}
