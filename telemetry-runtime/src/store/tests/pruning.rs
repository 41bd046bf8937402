//! Series that somebody forgets.

#![allow(unsafe_code)]

use super::{Fed, fed};

telemetry::events! {
    event sp.pruned { measurements { n: u64 } metadata { route: &str, method: &str } }
    event sp.told { metadata { route: &str } }
    event sp.other { metadata { route: &str } }
}
telemetry::metrics! {
    counter(sp.pruned.count, tags = [route, method]);
    sum(sp.pruned.n, tags = [route, method]);
    counter(name = sp.pruned.routes, events = [sp.pruned], tags = [route]);
    counter(sp.told.count, tags = [route]);
    counter(sp.other.count, tags = [route]);
}

fn fill() {
    for route in ["/old", "/old/a", "/new"] {
        for method in ["GET", "POST"] {
            telemetry::execute!(sp.pruned, { n: 2 }, { route, method });
        }
    }
}

fn prune(fed: &Fed, patterns: &[(&str, &str)]) -> usize {
    fed.store.prune("sp.pruned.count", patterns).unwrap()
}

#[test]
fn series_that_match_go_for_all_metrics_that_share_them_and_no_other_is_touched() {
    let fed = fed("sp.pruned");
    fill();
    assert_eq!(prune(&fed, &[("route", "/old*"), ("method", "GET")]), 2);
    assert_eq!(prune(&fed, &[("route", "/old*"), ("method", "GET")]), 0);
    let left = ["/new GET", "/new POST", "/old POST", "/old/a POST"];
    assert_eq!(fed.counts("sp.pruned.count"), left.map(|tags| (tags.to_owned(), 1)));
    let snapshot = fed.store.snapshot(std::time::Duration::ZERO);
    let sum = snapshot.metric("sp.pruned.n").unwrap();
    assert_eq!(sum.series().count(), 4);
    assert_eq!((sum.created(), sum.pruned(), sum.expired()), (6, 2, 0));
    // This one has other tags, and so other series.
    assert_eq!(fed.counts("sp.pruned.routes").len(), 3);
    fill();
    assert_eq!(fed.count("sp.pruned.count", "/old GET"), Some(1));
    assert_eq!(fed.count("sp.pruned.count", "/old POST"), Some(2));
    assert_eq!(prune(&fed, &[]), 6);
    assert_eq!(fed.counts("sp.pruned.count"), []);
}

#[test]
fn unknown_names_are_told_with_those_that_there_are() {
    let fed = fed("sp.");
    let told = |metric, patterns| {
        let error = fed.store.prune(metric, patterns).unwrap_err();
        assert!(error.is_unknown());
        error.to_string()
    };
    let text = told("sp.tol.count", &[]);
    assert!(text.starts_with("no metric is called `sp.tol.count`; there are `sp.other.count`"));
    assert!(text.ends_with("; did you mean `sp.told.count`?"), "{text}");
    assert_eq!(
        told("sp.told.count", &[("route", "*"), ("rout", "x")]),
        "no tag of `sp.told.count` is called `rout`; there is `route`; did you mean `route`?"
    );
}
