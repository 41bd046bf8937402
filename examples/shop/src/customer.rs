//! The customers of a load: who asks for what next.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// The most orders that are remembered, of each kind.
const MEMORY: usize = 1000;

/// The products to choose from; the last one of the shop is nearly sold out.
const PRODUCTS: std::ops::RangeInclusive<u64> = 1..=19;
const NEARLY_SOLD_OUT: u64 = 20;

/// All customers together: what they know of the shop.
#[derive(Default)]
pub(crate) struct Customers {
    unpaid: Vec<u64>,
    paid: Vec<u64>,
}

/// One request.
pub(crate) struct Step {
    /// What the request counts as.
    pub(crate) route: &'static str,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: String,
    /// The order that it is about.
    order: Option<u64>,
}

impl Customers {
    /// Chooses the next request: most look around, some order, most of those pay, and a few make mistakes.
    pub(crate) fn next(&mut self) -> Step {
        match fastrand::u32(..100) {
            0..25 => get("GET /products", "/products".to_owned()),
            25..55 => get("GET /products/{id}", format!("/products/{}", fastrand::u64(PRODUCTS))),
            55..75 => order(fastrand::u64(PRODUCTS), fastrand::u32(1..=3)),
            75..80 => match fastrand::choice(&self.unpaid) {
                Some(id) => get("GET /orders/{id}", format!("/orders/{id}")),
                None => order(fastrand::u64(PRODUCTS), 1),
            },
            80..96 => match self.unpaid.pop() {
                Some(id) => pay(id),
                None => order(fastrand::u64(PRODUCTS), 1),
            },
            _ => self.mistake(),
        }
    }

    fn mistake(&self) -> Step {
        match fastrand::u32(..9) {
            0 => get("GET /products/{id}", "/products/999".to_owned()),
            1 => get("GET /products/{id}", "/products/teapot".to_owned()),
            2 => get("GET /orders/{id}", format!("/orders/{}", u64::MAX)),
            3 => post("POST /orders", "/orders".to_owned(), "{".to_owned()),
            4 => order(1, 0),
            5 => order(999, 1),
            6 => order(NEARLY_SOLD_OUT, 4),
            7 => match fastrand::choice(&self.paid) {
                Some(id) => pay(*id),
                None => pay(u64::MAX),
            },
            _ => get("(no such path)", "/basket".to_owned()),
        }
    }

    /// Remembers what an answer says about orders.
    pub(crate) fn learn(&mut self, step: &Step, status: StatusCode, body: &[u8]) {
        if step.route == "POST /orders" && status == StatusCode::CREATED {
            let order: Value = serde_json::from_slice(body).unwrap_or_default();
            if let Some(id) = order["id"].as_u64() {
                remember(&mut self.unpaid, id);
            }
        }
        let Some(id) = step.order else { return };
        if status == StatusCode::OK {
            remember(&mut self.paid, id);
        } else if status.is_server_error() {
            // customers try again
            remember(&mut self.unpaid, id);
        }
    }
}

fn remember(orders: &mut Vec<u64>, id: u64) {
    if orders.len() == MEMORY {
        orders.swap_remove(fastrand::usize(..MEMORY));
    }
    orders.push(id);
}

fn order(product: u64, quantity: u32) -> Step {
    let user = fastrand::u64(1..=500);
    let body = json!({ "product_id": product, "quantity": quantity, "user_id": user });
    post("POST /orders", "/orders".to_owned(), body.to_string())
}

fn pay(id: u64) -> Step {
    let path = format!("/orders/{id}/pay");
    let step = post("POST /orders/{id}/pay", path, String::new());
    Step { order: Some(id), ..step }
}

fn get(route: &'static str, path: String) -> Step {
    Step { route, method: Method::GET, path, body: String::new(), order: None }
}

fn post(route: &'static str, path: String, body: String) -> Step {
    Step { route, method: Method::POST, path, body, order: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_paid_and_failed_payments_tried_again() {
        let mut customers = Customers::default();
        customers.learn(&order(1, 1), StatusCode::CREATED, br#"{"id":5}"#);
        assert_eq!(customers.unpaid.pop(), Some(5));
        customers.learn(&pay(5), StatusCode::BAD_GATEWAY, b"{}");
        assert_eq!(customers.unpaid.pop(), Some(5));
        customers.learn(&pay(5), StatusCode::OK, b"{}");
        customers.learn(&pay(5), StatusCode::CONFLICT, b"{}");
        assert_eq!((customers.unpaid.len(), customers.paid), (0, vec![5]));
    }

    #[test]
    fn memory_is_bounded() {
        let mut orders = Vec::new();
        (0..5000).for_each(|id| remember(&mut orders, id));
        assert_eq!(orders.len(), MEMORY);
    }
}
