//! Reads the text formats of Prometheus, strictly: what a scraper would refuse panics.
//!
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/> and
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use std::collections::{BTreeMap, BTreeSet};

pub type Labels = BTreeMap<String, String>;

/// A page, by family.
pub type Families = BTreeMap<String, Family>;

#[derive(Debug, Default)]
pub struct Family {
    pub kind: String,
    pub help: String,
    pub unit: String,
    pub samples: Vec<Sample>,
}

#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub labels: Labels,
    pub value: f64,
    /// Labels and value.
    pub exemplar: Option<(Labels, f64)>,
}

/// The metrics of a page.
pub fn read(page: &[u8], is_open: bool) -> Families {
    let text = str::from_utf8(page).expect("a page is UTF-8");
    let text = if is_open {
        text.strip_suffix("# EOF\n").expect("the last line says that it is")
    } else {
        text
    };
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let mut families = Families::new();
    let mut current = String::new();
    let mut series = BTreeSet::new();
    for line in text.lines() {
        assert!(!line.is_empty(), "a line is empty");
        let Some(comment) = line.strip_prefix("# ") else {
            let sample = sample(line, is_open);
            let family = families.get_mut(&current).expect("a sample is of a family");
            assert!(is_of(&current, family, &sample.name, is_open), "{current}: {sample:?}");
            let key = (sample.name.clone(), sample.labels.clone());
            assert!(series.insert(key), "{sample:?} stands twice");
            family.samples.push(sample);
            continue;
        };
        let mut words = comment.splitn(3, ' ');
        let mut word = || words.next().expect("a comment has three words");
        let (what, name, rest) = (word(), word(), word());
        assert!(is_name(name, ":"), "{name:?}");
        match what {
            "HELP" => {
                let family = Family { help: unescaped(rest, is_open), ..Family::default() };
                assert!(families.insert(name.into(), family).is_none(), "{name} stands twice");
                name.clone_into(&mut current);
            }
            "TYPE" | "UNIT" => {
                assert_eq!(name, current);
                let family = families.get_mut(name).expect("HELP stands first");
                let field = if what == "TYPE" { &mut family.kind } else { &mut family.unit };
                assert!(field.is_empty() && family.samples.is_empty(), "{line}");
                rest.clone_into(field);
            }
            other => panic!("{other:?} begins no line"),
        }
    }
    families
}

/// Whether samples of a family may have the name.
fn is_of(name: &str, family: &Family, sample: &str, is_open: bool) -> bool {
    let suffix = sample.strip_prefix(name);
    suffix.is_some_and(|suffix| match (&*family.kind, suffix) {
        ("counter", "_total") => is_open,
        ("counter", "") => !is_open,
        ("gauge", "") | ("summary", "" | "_sum" | "_count") => true,
        ("histogram", "_bucket" | "_sum" | "_count") => true,
        ("counter" | "summary" | "histogram", "_created") => is_open,
        _ => false,
    })
}

fn sample(line: &str, is_open: bool) -> Sample {
    let end = line.find(['{', ' ']).expect("a name ends");
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name, ":"), "{line}");
    let labels = if rest.starts_with('{') { labels(&mut rest) } else { Labels::new() };
    rest = rest.strip_prefix(' ').expect("a blank stands before the value");
    let (value, exemplar) = match rest.split_once(" # ") {
        Some((value, mut rest)) => {
            assert!(is_open, "{line}");
            let labels = self::labels(&mut rest);
            let words: Vec<&str> = rest.strip_prefix(' ').expect("a blank").split(' ').collect();
            let [number, time] = words[..] else { panic!("{line}") };
            assert!(self::number(time) > 0.0, "{line}");
            (value, Some((labels, self::number(number))))
        }
        None => (rest, None),
    };
    Sample { name: name.into(), labels, value: number(value), exemplar }
}

fn labels(rest: &mut &str) -> Labels {
    let mut labels = Labels::new();
    let mut text = rest.strip_prefix('{').expect("labels begin");
    loop {
        let (name, value) = text.split_once("=\"").expect("a label has a value");
        assert!(is_name(name, ""), "{name:?}");
        let mut is_escaped = false;
        let end = value.find(|character| {
            let ends = character == '"' && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            ends
        });
        let (value, after) = value.split_at(end.expect("a value ends"));
        let known = labels.insert(name.to_owned(), unescaped(value, true));
        assert!(known.is_none(), "{name} stands twice");
        text = &after[1..];
        match text.strip_prefix(',') {
            Some(next) => text = next,
            None => break,
        }
    }
    *rest = text.strip_prefix('}').expect("labels end");
    labels
}

fn unescaped(text: &str, has_quotes: bool) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('\\') => '\\',
                Some('"') if has_quotes => '"',
                other => panic!("{other:?} is not escaped in {text:?}"),
            },
            '"' if has_quotes => panic!("a quote is not escaped in {text:?}"),
            character => character,
        });
    }
    plain
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        _ => {
            let is_plain = |byte: u8| byte.is_ascii_digit() || b"+-.e".contains(&byte);
            assert!(text.bytes().all(is_plain), "{text:?}");
            text.parse().expect("a number")
        }
    }
}

pub fn is_name(name: &str, others: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || others.contains(c);
    name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
}

/// What a metric is called, less what the formats append.
pub fn wire_name(name: &str) -> String {
    let kept = match name.rsplit_once('.') {
        Some((kept, "total" | "count" | "sum" | "bucket" | "created" | "info")) => kept,
        _ => name,
    };
    wire_label(kept)
}

/// The same with a unit behind it, unless it stands there.
pub fn wire_name_with(name: &str, unit: Option<&str>) -> String {
    let name = wire_name(name);
    match unit.map(|unit| format!("_{unit}")) {
        Some(unit) if !name.ends_with(&unit) => name + &unit,
        _ => name,
    }
}

/// What a tag is called.
pub fn wire_label(name: &str) -> String {
    let mut wire = String::new();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        wire.push('_');
    }
    wire.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
    wire
}
