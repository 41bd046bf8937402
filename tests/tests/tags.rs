//! Tags: what a definition reads of an execution, and the number of a combination of few values.

use telemetry::{Execution, ReadTags};
use telemetry_tests::definitions::{self, definition};

mod events {
    #[derive(Debug, Clone, Copy, PartialEq, telemetry::Tag)]
    pub(crate) enum Gateway {
        Stripe,
        #[tag("paypal")]
        PayPal,
        BankTransfer = 40,
    }

    #[derive(Debug, Clone, Copy, telemetry::Tag)]
    pub(crate) enum Only {
        One,
    }

    telemetry::events! {
        pub(crate) event t.few { metadata { gateway: Gateway, borrowed: &Gateway, retried: bool } }
        pub(crate) event t.many { metadata { gateway: Gateway, maybe: Option<Gateway>, route: &str } }
        pub(crate) event t.panics { metadata { gateway: Gateway, route: &str } }
        pub(crate) event t.one { metadata { only: Only } }
        span  t.work;
    }
}
use events::{Gateway, Only, t};

const SITE: &str = "north";

telemetry::metrics! {
    counter(t.few.count, tags = [gateway, retried, borrowed, region = "eu", site = SITE]);
    counter(t.few.count, name = t.computed, tags = [
        slow = |m| m.gateway == Gateway::BankTransfer, other = |m| m.borrowed, first = |m| m.gateway,
    ]);
    counter(t.few.count, name = t.constant, tags = [region = "eu"]);
    counter(t.few.count, name = t.plain);
    counter(t.many.count, name = t.maybe, tags = [gateway, maybe]);
    counter(t.many.count, name = t.text, tags = [route, gateway]);
    counter(t.panics.count, name = t.panics, tags = [
        computed = |m| { assert!(m.route.is_empty(), "computed for nothing"); m.gateway }, route,
    ]);
    counter(t.one.count, name = t.one, tags = [only]);
    counter(t.work.exception.count, name = t.exceptions, tags = [kind]);
}

/// Number and texts of the metric's tags for each execution while `work` runs.
fn read(metric: &str, work: impl FnOnce()) -> Vec<(Option<usize>, Vec<String>)> {
    let source = &definition(metric).sources[0];
    let tags = source.tags;
    let read = move |execution: &Execution<'_>| {
        (definitions::index(tags, execution), definitions::texts(tags, execution))
    };
    definitions::read(metric, source.event, read, work)
}

const GATEWAYS: [Gateway; 3] = [Gateway::Stripe, Gateway::PayPal, Gateway::BankTransfer];

#[test]
fn combinations_of_few_values_are_numbered_by_the_first_tag_first() {
    let found = read("t.few.count", || {
        for gateway in GATEWAYS {
            for retried in [false, true] {
                for borrowed in &GATEWAYS {
                    telemetry::execute!(t.few, {}, { gateway, borrowed, retried });
                }
            }
        }
    });
    assert!(found.iter().map(|(index, _)| *index).eq((0..18).map(Some)));
    assert_eq!(found[0].1, ["stripe", "false", "stripe", "eu", "north"]);
    assert_eq!(found[10].1, ["paypal", "true", "paypal", "eu", "north"]);
    assert_eq!(found[17].1, ["bank_transfer", "true", "bank_transfer", "eu", "north"]);
}

#[test]
fn computed_tags_of_few_values_are_numbered_too() {
    let found = read("t.computed", || {
        for gateway in GATEWAYS {
            let borrowed = &Gateway::PayPal;
            telemetry::execute!(t.few, {}, { gateway, borrowed, retried: true });
        }
    });
    assert_eq!(found[0], (Some(3), vec!["false".into(), "paypal".into(), "stripe".into()]));
    assert_eq!(found[1].0, Some(4));
    let slow = ["true", "paypal", "bank_transfer"].map(String::from).to_vec();
    assert_eq!(found[2], (Some((3 + 1) * 3 + 2), slow));
}

#[test]
fn tags_that_are_all_constant_have_one_combination() {
    let few = |metric| {
        read(metric, || {
            let gateway = Gateway::Stripe;
            telemetry::execute!(t.few, {}, { gateway, borrowed: &gateway, retried: true });
        })
    };
    assert_eq!(few("t.constant"), [(Some(0), vec!["eu".to_owned()])]);
    assert!(matches!(definition("t.plain").sources[0].tags, ReadTags::None));
}

#[test]
fn one_tag_of_many_values_leaves_a_metric_without_numbers() {
    let many = |metric| {
        read(metric, || {
            for maybe in [None, Some(Gateway::PayPal)] {
                let gateway = Gateway::Stripe;
                telemetry::execute!(t.many, {}, { gateway, maybe, route: "/" });
            }
        })
    };
    let maybe = many("t.maybe");
    assert_eq!(maybe[0], (None, vec!["stripe".to_owned(), String::new()]));
    assert_eq!(maybe[1], (None, vec!["stripe".to_owned(), "paypal".to_owned()]));
    assert!(many("t.text").iter().all(|(index, _)| index.is_none()));
}

#[test]
fn nothing_is_computed_for_a_number_that_there_is_not() {
    let source = &definition("t.panics").sources[0];
    let tags = source.tags;
    let read = move |execution: &Execution<'_>| definitions::index(tags, execution);
    let found = definitions::read("t.panics", source.event, read, || {
        telemetry::execute!(t.panics, {}, { gateway: Gateway::Stripe, route: "/" });
    });
    assert_eq!(found, [None]);
}

#[test]
fn enums_of_the_toolkit_and_enums_of_one_value_are_numbered() {
    let one = read("t.one", || telemetry::execute!(t.one, {}, { only: Only::One }));
    assert_eq!(one, [(Some(0), vec!["one".to_owned()])]);
    let cancelled = read("t.exceptions", || drop(telemetry::start!(t.work)));
    assert_eq!(cancelled, [(Some(2), vec!["cancelled".to_owned()])]);
}

#[test]
fn views_by_name_show_the_text_of_the_tag() {
    let captured = telemetry::testing::capture(&[&t::many]);
    let maybe = Some(Gateway::PayPal);
    telemetry::execute!(t.many, {}, { gateway: Gateway::BankTransfer, maybe, route: "/" });
    let metadata = &captured.of(&t::many)[0].metadata;
    assert_eq!(metadata["gateway"], "bank_transfer");
    assert_eq!(metadata["maybe"], "paypal");
}
