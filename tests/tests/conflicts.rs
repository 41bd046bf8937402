//! Declarations that exclude each other: found when the runtime starts.

use telemetry_runtime::Telemetry;

telemetry::events! {
    event c.orders.placed { measurements { total: u64 } }
}
telemetry::metrics! {
    counter(c.orders.placed.count);
    sum(c.orders.placed.total);
}

#[test]
fn two_metrics_with_one_exposition_name_are_an_error_that_names_both() {
    let error = Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap_err();
    assert!(error.is_conflict());
    let text = error.to_string();
    for part in ["\"c_orders_placed_total\"", "`c.orders.placed.count`", "`c.orders.placed.total`"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(text.matches("conflicts.rs").count(), 2, "{text}");
}
