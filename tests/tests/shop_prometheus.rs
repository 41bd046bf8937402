//! From a request to a number in Prometheus: nothing lost, nothing counted twice.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use telemetry_tests::hey::{Load, Report};
use telemetry_tests::process::Process;
use telemetry_tests::prometheus::{Labels, Prometheus};
use telemetry_tests::{cargo, http, promtool, wait};

/// How long the shop may take to start, and Prometheus to see the final totals.
const LIMIT: Duration = Duration::from_mins(1);

/// How many requests the load tool sends in total.
const REQUESTS: u64 = 20_000;

/// How many orders are paid, and how often each: a paid order refuses to be paid again.
const PAID_ORDERS: u64 = 100;
const ATTEMPTS: u64 = 10;

/// What was answered, by route, method and status.
type Answers = BTreeMap<(String, String, u16), u64>;

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn prometheus_totals_equal_what_the_load_tool_sent() {
    let shop = Shop::start().unwrap();
    let prometheus = Prometheus::scraping(&[&shop.metrics_address]).unwrap();

    let sent = load(&shop.url).unwrap();
    assert_eq!(sent.values().sum::<u64>(), REQUESTS);

    // twice: once when the totals are there, once a scrape later, as they must not go on rising
    let seen = wait::until("final totals", LIMIT, || {
        equal_totals(&prometheus, &sent)?;
        last_scrape(&prometheus)
    })
    .unwrap();
    wait::until("later scrape", LIMIT, || {
        let scrape = last_scrape(&prometheus)?;
        ensure!(scrape > seen, "the last scrape was at {scrape}");
        Ok(())
    })
    .unwrap();
    equal_totals(&prometheus, &sent).unwrap();

    let page = http::get(&shop.metrics, &[]).unwrap();
    let verdict = promtool::check_metrics(&page.body).unwrap();
    assert_eq!(verdict.remarks, "", "in the page:\n{}", page.body);
    assert!(verdict.accepted);
}

/// A running shop, which ends when this is dropped.
struct Shop {
    url: String,
    metrics: String,
    metrics_address: String,
    _process: Process,
}

impl Shop {
    fn start() -> Result<Self> {
        let process = Process::spawn(
            "shop",
            Command::new(cargo::build_program("shop")?)
                .env("SHOP_ADDR", "127.0.0.1:0")
                .env("TELEMETRY_BIND", "127.0.0.1:0")
                .env("SHOP_DATABASE", ":memory:")
                .env("SHOP_GATEWAY_FAILURES", "0.2")
                .env("SHOP_GATEWAY_DELAY_MS", "0"),
        )?;
        let url = process.wait_for_value("shop", LIMIT)?;
        let metrics = process.wait_for_value("metrics", LIMIT)?;
        let metrics_address = metrics
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix("/metrics"))
            .with_context(|| format!("`{metrics}` is no page that Prometheus scrapes by default"))?
            .to_owned();
        Ok(Self { url, metrics, metrics_address, _process: process })
    }
}

/// Sends all requests and returns what they were answered.
fn load(shop: &str) -> Result<Answers> {
    let order = r#"{"product_id":1,"quantity":1,"user_id":7}"#;
    let no_order = r#"{"product_id":1,"quantity":"many","user_id":7}"#;
    let url = |path: &str| format!("{shop}{path}");

    let mut sent = Answers::new();
    let mut add = |method: &str, route: &str, allowed: &[u16], report: Report| -> Result<()> {
        ensure!(report.errors.is_empty(), "{method} {route}: {:?}", report.errors);
        for (status, count) in report.statuses {
            ensure!(allowed.contains(&status), "{method} {route}: {count} times {status}");
            *sent.entry((route.into(), method.into(), status)).or_default() += count;
        }
        Ok(())
    };

    // orders first: their numbers, from 1 on, are read and paid below
    let orders = Load::post(&url("/orders"), order).send(3_000)?;
    add("POST", "/orders", &[201], orders)?;
    let refused = Load::post(&url("/orders"), no_order).send(500)?;
    add("POST", "/orders", &[400, 422], refused)?;
    let reads = [
        ("/products", "/products", 200, 6_000),
        ("/products/{id}", "/products/1", 200, 6_000),
        ("/products/{id}", "/products/999999", 404, 2_000),
        ("/orders/{id}", "/orders/1", 200, 1_500),
    ];
    for (route, path, status, requests) in reads {
        add("GET", route, &[status], Load::get(&url(path)).send(requests)?)?;
    }
    for order in 1..=PAID_ORDERS {
        let path = format!("/orders/{order}/pay");
        let payments = Load::post(&url(&path), "{}").send(ATTEMPTS)?;
        add("POST", "/orders/{id}/pay", &[200, 409, 502], payments)?;
    }
    Ok(sent)
}

/// Compares what Prometheus has with what was sent, and says what differs.
fn equal_totals(prometheus: &Prometheus, sent: &Answers) -> Result<()> {
    let series = prometheus
        .query_counts("sum by (route, method, status) (my_app_http_request_stop_total)")?;
    let seen = series
        .into_iter()
        .map(|(labels, count)| Ok((key(&labels)?, count)))
        .collect::<Result<Answers>>()?;
    let differences = differences(&seen, sent);
    ensure!(differences.is_empty(), "{differences:#?}");

    let with = |wanted: (&str, u16)| -> u64 {
        let fits = |(route, _, status): &(String, String, u16)| (route.as_str(), *status) == wanted;
        let counts = sent.iter().filter(|(key, _)| fits(key));
        counts.map(|(_, count)| count).sum()
    };
    let expected = [
        ("my_app_orders_created_total", with(("/orders", 201))),
        ("my_app_payment_process_stop_total", with(("/orders/{id}/pay", 200))),
        ("my_app_payment_process_exception_total", with(("/orders/{id}/pay", 502))),
    ];
    for (metric, count) in expected {
        // of 1,000 payments some succeed and some fail, or this shows nothing
        ensure!(count > 0, "no request that `{metric}` counts was sent");
        let sum = prometheus.query_counts(&format!("sum({metric})"))?;
        ensure!(
            sum == BTreeMap::from([(Labels::new(), count)]),
            "`{metric}` is {sum:?}, sent were {count}"
        );
    }
    Ok(())
}

/// A line for each series that is missing, too many, or of another value.
fn differences(seen: &Answers, sent: &Answers) -> Vec<String> {
    let keys: BTreeSet<_> = seen.keys().chain(sent.keys()).collect();
    keys.into_iter()
        .map(|key| (key, seen.get(key), sent.get(key)))
        .filter(|(_, seen, sent)| seen != sent)
        .map(|(key, seen, sent)| format!("{key:?}: Prometheus has {seen:?}, sent were {sent:?}"))
        .collect()
}

/// When Prometheus last scraped the shop, in seconds since 1970.
fn last_scrape(prometheus: &Prometheus) -> Result<f64> {
    let times = prometheus.query("timestamp(up)")?;
    times.into_values().next().context("no scrape succeeded")
}

/// The three labels of a series, all of which it must have.
fn key(labels: &Labels) -> Result<(String, String, u16)> {
    let label = |name: &str| labels.get(name).with_context(|| format!("no `{name}` in {labels:?}"));
    let status = label("status")?;
    let status = status.parse().with_context(|| format!("the status `{status}` is no number"))?;
    Ok((label("route")?.clone(), label("method")?.clone(), status))
}
