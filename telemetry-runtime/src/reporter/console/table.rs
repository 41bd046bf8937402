//! All metrics as a table.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use telemetry::{MetricKind, Unit};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::human::human;
use crate::store::snapshot::{Metric, Series, SeriesValue, Snapshot, Total};

/// What a table has room for, and whether it has colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// `None` where lines may be as long as they are.
    pub(super) width: Option<usize>,
    /// `None` where there may be as many as there are.
    pub(super) rows: Option<usize>,
    pub(super) colors: bool,
}

/// The rows of head and foot.
const OTHER_ROWS: usize = 3;
/// The narrowest that a column is made.
const NARROWEST: usize = 8;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// One line for each series.
pub(super) fn table(snapshot: &Snapshot, service: &str, look: Look) -> String {
    let rows: Vec<[String; 3]> = snapshot
        .metrics()
        .iter()
        .flat_map(|metric| metric.series().map(|series| row(metric.metric(), series)))
        .collect();
    let shown = look.rows.map_or(rows.len(), |rows| rows.saturating_sub(OTHER_ROWS + 1));
    let shown = &rows[..shown.min(rows.len())];
    let widths = widths(shown, look.width);

    let mut text = String::new();
    let taken = time_of_day(snapshot.taken());
    let count = rows.len();
    let head = format!("{}  {taken} UTC  {count} series", visible(service));
    push_styled(&mut text, BOLD, &fitted(&head, look.width.unwrap_or(usize::MAX)), look.colors);
    text.push('\n');
    let titles = ["metric", "tags", "value"].map(str::to_owned);
    push_styled(&mut text, DIM, &line(&titles, widths), look.colors);
    text.push('\n');
    for row in shown {
        text.push_str(&line(row, widths));
        text.push('\n');
    }
    if shown.len() < count {
        let more = format!("… {} more", count - shown.len());
        push_styled(&mut text, DIM, &more, look.colors);
        text.push('\n');
    }
    text
}

fn row(metric: &Metric, series: Series<'_>) -> [String; 3] {
    let mut tags = String::new();
    for (name, value) in metric.tags().iter().zip(series.tags().iter()) {
        let space = if tags.is_empty() { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(tags, "{space}{name}={value}");
    }
    [visible(metric.name()), visible(&tags), value(metric, series.value())]
}

fn value(metric: &Metric, value: SeriesValue<'_>) -> String {
    let unit = metric.conversion().unit();
    let number = |value: f64| human(Total::Float(value), unit);
    match value {
        SeriesValue::Counter(count) => human(Total::Integer(count.into()), Unit::NONE),
        SeriesValue::Sum(total) | SeriesValue::LastValue(total) => human(total, unit),
        SeriesValue::Summary(summary) => {
            let mut text = counted(summary.count());
            let bounds = [("min", summary.min()), ("max", summary.max())];
            for (name, value) in bounds.into_iter().filter_map(|(name, v)| Some((name, v?))) {
                let _ = write!(text, "  {name} {}", number(value));
            }
            if let MetricKind::Summary { percentiles } = metric.kind() {
                for percentile in *percentiles {
                    if let Some(value) = summary.percentile(*percentile) {
                        let _ = write!(text, "  p{} {}", percentile * 100.0, number(value));
                    }
                }
            }
            text
        }
        SeriesValue::Distribution { counts, sum } => {
            averaged(counts.iter().fold(0, |all, count| all.saturating_add(*count)), sum, unit)
        }
        SeriesValue::Exponential { buckets, sum } => averaged(buckets.count(), sum, unit),
    }
}

fn counted(count: u64) -> String {
    format!("{}×", human(Total::Integer(count.into()), Unit::NONE))
}

#[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
fn averaged(count: u64, sum: Total, unit: Unit) -> String {
    let mut text = counted(count);
    if count > 0 {
        let mean = human(Total::Float(sum.as_f64() / count as f64), unit);
        let _ = write!(text, "  mean {mean}");
    }
    text
}

/// As wide as they need to be; where there is no room, tags become narrower, then names.
fn widths(rows: &[[String; 3]], room: Option<usize>) -> [usize; 3] {
    let mut widths = [6, 4, 5];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    if rows.iter().all(|[_, tags, _]| tags.is_empty()) {
        widths[1] = 0;
    }
    let Some(room) = room else { return widths };
    for column in [1, 0, 2] {
        let total = widths.iter().sum::<usize>() + 4;
        let narrow = widths[column].saturating_sub(total.saturating_sub(room)).max(NARROWEST);
        widths[column] = widths[column].min(narrow);
    }
    widths
}

fn line(cells: &[String; 3], widths: [usize; 3]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        if width == 0 {
            continue;
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        let cell = fitted(cell, width);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
    }
    line.truncate(line.trim_end().len());
    line
}

/// Cut to a width, with `…` where something is missing.
fn fitted(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut fitted = String::new();
    let mut left = width.saturating_sub(1);
    for character in text.chars() {
        let of_character = match character {
            // makes an emoji of the letter before it, which is then as wide as two
            '\u{fe0f}' => 1,
            _ => character.width().unwrap_or(0),
        };
        if of_character > left {
            break;
        }
        left -= of_character;
        fitted.push(character);
    }
    fitted.push('…');
    fitted
}

/// Without characters that move the cursor or change colours.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

fn push_styled(text: &mut String, style: &str, inner: &str, colors: bool) {
    if colors {
        for part in [style, inner, PLAIN] {
            text.push_str(part);
        }
    } else {
        text.push_str(inner);
    }
}

/// Hours, minutes and seconds of UTC.
pub(super) fn time_of_day(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (hours, minutes, seconds) = (since / 3_600 % 24, since / 60 % 60, since % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(texts: [&str; 3]) -> [String; 3] {
        texts.map(str::to_owned)
    }

    #[test]
    fn text_is_cut_by_columns_and_not_by_letters() {
        assert_eq!(fitted("orders", 6), "orders");
        assert_eq!(fitted("orders", 4), "ord…");
        // two columns each
        assert_eq!(fitted("注文数", 5), "注文…");
        assert_eq!(fitted("注文数", 4), "注…");
        assert_eq!(fitted("☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}", 4), "☺\u{fe0f}☺…");
    }

    #[test]
    fn tags_become_narrower_before_names_and_values_last() {
        let rows = [cells(["name.of.metric", "route=/a/long/route", "1,234"])];
        assert_eq!(widths(&rows, None), [14, 19, 5]);
        assert_eq!(widths(&rows, Some(40)), [14, 17, 5]);
        assert_eq!(widths(&rows, Some(29)), [12, 8, 5]);
        assert_eq!(line(&rows[0], [12, 8, 5]), "name.of.met…  route=/…  1,234");
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(visible("a\x1b[2Jb\nc"), "a·[2Jb·c");
    }

    #[test]
    fn times_are_of_the_day() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 + 3_661);
        assert_eq!(time_of_day(time), "01:01:01");
    }
}
