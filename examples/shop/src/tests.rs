//! The shop over HTTP: every path, and every answer.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use std::time::Duration;

use crate::app::{LONGEST_BODY, Shop, router};
use crate::config::Database;
use crate::gateway::Gateway;
use crate::order::MOST_PIECES;
use crate::repository::Repository;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of a refusal, which also has a message and nothing else.
    pub(crate) fn code(&self) -> &str {
        let body = self.body.as_object().unwrap();
        let error = self.body["error"].as_object().unwrap();
        assert_eq!((body.len(), error.len()), (1, 2), "{}", self.body);
        assert!(!error["message"].as_str().unwrap().is_empty());
        error["code"].as_str().unwrap()
    }
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    assert_eq!(parts.headers[header::CONTENT_TYPE], "application/json");
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap(),
    }
}

pub(crate) fn request(method: Method, path: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// An empty shop with products, where no charge fails.
async fn shop() -> Router {
    let repository = Repository::open(&Database::Memory).await.unwrap();
    router(Shop::new(repository, Gateway::new(0.0, Duration::ZERO)).0)
}

async fn get(router: &Router, path: &str) -> Answer {
    send(router.clone(), request(Method::GET, path, "")).await
}

async fn post(router: &Router, path: &str, body: &str) -> Answer {
    send(router.clone(), request(Method::POST, path, body)).await
}

async fn order(router: &Router, product: u64, quantity: u32) -> Answer {
    let body = json!({ "product_id": product, "quantity": quantity, "user_id": 7 });
    post(router, "/orders", &body.to_string()).await
}

#[tokio::test]
async fn products_are_listed() {
    let answer = get(&shop().await, "/products").await;
    assert_eq!(answer.status, StatusCode::OK);
    let products = answer.body["products"].as_array().unwrap();
    assert_eq!(products.len(), 20);
    assert_eq!(
        products[5],
        json!({ "id": 6, "name": "Mug", "price_cents": 1290, "stock": 1_000_000 })
    );
    assert_eq!(products[19]["stock"], 3);
}

#[tokio::test]
async fn product_is_shown() {
    let shop = shop().await;
    let answer = get(&shop, "/products/6").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["name"], "Mug");
}

#[tokio::test]
async fn unknown_product_is_not_found() {
    let shop = shop().await;
    for id in ["0", "21", "18446744073709551615"] {
        let answer = get(&shop, &format!("/products/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.code(), "unknown_product");
    }
}

#[tokio::test]
async fn bad_ids_are_refused_in_json() {
    let shop = shop().await;
    for path in [
        "/products/teapot",
        "/products/-1",
        "/products/1.5",
        "/orders/%FF",
        "/orders/18446744073709551616",
    ] {
        let answer = get(&shop, path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.code(), "invalid_id");
    }
    assert_eq!(post(&shop, "/orders/x/pay", "").await.code(), "invalid_id");
}

#[tokio::test]
async fn order_is_created_where_its_location_says() {
    let shop = shop().await;
    let answer = order(&shop, 6, 3).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let expected = json!({
        "id": 1, "product_id": 6, "quantity": 3, "amount_cents": 3870, "user_id": 7, "state": "pending"
    });
    assert_eq!(answer.body, expected);
    let location = answer.headers[header::LOCATION].to_str().unwrap();
    let shown = get(&shop, location).await;
    assert_eq!((shown.status, shown.body), (StatusCode::OK, expected));
    assert_eq!(get(&shop, "/products/6").await.body["stock"], 999_997);
}

#[tokio::test]
async fn malformed_orders_are_bad_requests() {
    let shop = shop().await;
    for body in ["", "{", "product_id=1", r#"{"product_id":1,}"#, "\u{1F375}"] {
        let answer = post(&shop, "/orders", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.code(), "malformed_json");
    }
}

#[tokio::test]
async fn orders_of_the_wrong_shape_are_unprocessable() {
    let shop = shop().await;
    for body in [
        "{}".to_owned(),
        "[]".to_owned(),
        r#"{"product_id":1,"quantity":1}"#.to_owned(),
        r#"{"product_id":1,"quantity":"1","user_id":7}"#.to_owned(),
        r#"{"product_id":1,"quantity":1.5,"user_id":7}"#.to_owned(),
        r#"{"product_id":1,"quantity":-1,"user_id":7}"#.to_owned(),
        r#"{"product_id":1,"quantity":0,"user_id":7}"#.to_owned(),
        r#"{"product_id":1,"quantity":5000000000,"user_id":7}"#.to_owned(),
        r#"{"product_id":1,"quantity":1,"user_id":18446744073709551615}"#.to_owned(),
        json!({ "product_id": 1, "quantity": MOST_PIECES + 1, "user_id": 7 }).to_string(),
    ] {
        let answer = post(&shop, "/orders", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.code(), "invalid_order");
    }
}

#[tokio::test]
async fn order_of_an_unknown_product_is_not_found() {
    let shop = shop().await;
    for product in [21, u64::MAX] {
        let answer = order(&shop, product, 1).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.code(), "unknown_product");
    }
}

#[tokio::test]
async fn order_beyond_the_stock_is_a_conflict_and_takes_nothing() {
    let shop = shop().await;
    let answer = order(&shop, 20, 4).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.code(), "out_of_stock");
    assert_eq!(order(&shop, 20, 3).await.status, StatusCode::CREATED);
    assert_eq!(order(&shop, 20, 1).await.code(), "out_of_stock");
    assert_eq!(get(&shop, "/products/20").await.body["stock"], 0);
    assert_eq!(get(&shop, "/orders/2").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn orders_that_are_not_declared_as_json_are_refused() {
    let mut request = request(Method::POST, "/orders", "{}");
    request.headers_mut().remove(header::CONTENT_TYPE);
    let answer = send(shop().await, request).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(answer.code(), "unsupported_body");
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused() {
    let body = " ".repeat(LONGEST_BODY + 1);
    let answer = post(&shop().await, "/orders", &body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.code(), "body_too_large");
}

#[tokio::test]
async fn paid_order_has_a_receipt_and_cannot_be_paid_again() {
    let shop = shop().await;
    order(&shop, 6, 2).await;
    let answer = post(&shop, "/orders/1/pay", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["payment_id"], 1);
    assert_eq!(answer.body["amount_cents"], 2580);
    assert_eq!(answer.body["retries"], 0);
    assert!(["card", "wallet"].contains(&answer.body["gateway"].as_str().unwrap()));
    assert_eq!(get(&shop, "/orders/1").await.body["state"], "paid");

    let again = post(&shop, "/orders/1/pay", "").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.code(), "already_paid");
}

#[tokio::test]
async fn unknown_orders_are_neither_shown_nor_paid() {
    let shop = shop().await;
    for answer in [
        get(&shop, "/orders/1").await,
        post(&shop, "/orders/1/pay", "").await,
        post(&shop, "/orders/18446744073709551615/pay", "").await,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.code(), "unknown_order");
    }
}

#[tokio::test]
async fn unknown_paths_are_not_found_in_json() {
    let shop = shop().await;
    for path in ["/", "/basket", "/products/", "/products/1/2", "/orders/1/refund"] {
        let answer = get(&shop, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.code(), "unknown_path");
    }
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let shop = shop().await;
    for (method, path, allow) in [
        (Method::DELETE, "/products", "GET,HEAD"),
        (Method::POST, "/products/1", "GET,HEAD"),
        (Method::GET, "/orders", "POST"),
        (Method::PUT, "/orders/1", "GET,HEAD"),
        (Method::GET, "/orders/1/pay", "POST"),
    ] {
        let answer = send(shop.clone(), request(method, path, "")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.code(), "method_not_allowed");
        assert_eq!(answer.headers[header::ALLOW], allow);
    }
}

#[tokio::test]
async fn failures_inside_the_shop_stay_inside() {
    let repository = Repository::open(&Database::Memory).await.unwrap();
    let shop = router(Shop::new(repository.clone(), Gateway::new(0.0, Duration::ZERO)).0);
    repository.close().await;
    for answer in [
        get(&shop, "/products").await,
        get(&shop, "/products/1").await,
        order(&shop, 1, 1).await,
        get(&shop, "/orders/1").await,
        post(&shop, "/orders/1/pay", "").await,
    ] {
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.code(), "internal");
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert_eq!(message, "something went wrong inside the shop");
    }
}
