//! What is said of a name that nothing has.

/// *no metric is called `a.b`; there are `a.c` and `d`; did you mean `a.c`?*
pub(crate) fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    let there_are = match list(&known) {
        list if known.is_empty() => list,
        list if known.len() == 1 => format!("there is {list}"),
        list => format!("there are {list}"),
    };
    let meant = nearest(name, &known).map(|near| format!("; did you mean `{near}`?"));
    format!("no {what} is called `{name}`; {there_are}{}", meant.unwrap_or_default())
}

/// So many names are written out.
const LISTED: usize = 50;

/// `` `a`, `b` and `c` ``
fn list(names: &[&str]) -> String {
    let mut quoted: Vec<String> =
        names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED {
        quoted.push(format!("{} more", names.len() - LISTED));
    }
    match quoted.split_last() {
        None => "there are none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// The name that was meant, if one is near.
pub(crate) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let distances = known.iter().map(|known| (distance(name, known), *known));
    let (distance, near) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= name.len().max(near.len()).div_ceil(3)).then_some(near)
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_there_are_follow_and_the_nearest_is_suggested() {
        let say = |name, known: &[&'static str]| unknown("tag", name, known.iter().copied());
        assert_eq!(
            say("rout", &["route", "method", "status"]),
            "no tag is called `rout`; there are `route`, `method` and `status`; did you mean `route`?"
        );
        assert_eq!(say("verb", &["route"]), "no tag is called `verb`; there is `route`");
        assert_eq!(say("verb", &[]), "no tag is called `verb`; there are none");
    }

    #[test]
    fn thousand_names_are_not_all_written_out() {
        let names: Vec<String> = (0..1_000).map(|name| format!("metric.{name}")).collect();
        let text = unknown("metric", "metrics.999", names.iter().map(String::as_str));
        assert!(text.contains("`metric.49` and 950 more; did you mean `metric.999`?"), "{text}");
    }
}
