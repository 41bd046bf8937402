//! Payments: an order is charged once, whatever the network does.
//!
//! `pending → paying → paid`, and back to `pending` when the charge fails. Each step is one conditional update, so
//! that of two requests at the same time one charges and the other is told so. A payment is a task of its own: a
//! client that hangs up does not stop it half way. What stops it anyway (the process is killed) leaves the order
//! `paying` until its claim runs out; then it can be paid again.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use telemetry::{SpanContext, WithContext as _};

use crate::app::Shop;
use crate::error::ApiError;
use crate::events::my_app;
use crate::gateway::{self, Gateway, Refusal};
use crate::order::OrderState;
use crate::repository::{PATIENCE, QueryError};

/// How often a call to the gateway that failed for a moment is tried again.
pub(crate) const MOST_RETRIES: u32 = 2;

/// How long a claim holds: much longer than the charge and the update after it take, or two payments could overlap.
const CLAIM: Duration = Duration::from_mins(1);
const _: () = assert!(CLAIM.as_secs() > 2 * (gateway::DEADLINE.as_secs() + 2 * PATIENCE.as_secs()));

/// The right to charge for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The order.
    pub(crate) order_id: u64,
    /// What it costs.
    pub(crate) amount_cents: u64,
    /// Tells this claim from earlier ones on the same order.
    pub(crate) number: i64,
}

/// What the gateway is asked to charge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    /// The order's number: an order has one payment.
    pub(crate) id: u64,
    /// How much.
    pub(crate) amount_cents: u64,
}

/// What the gateway charged, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Receipt {
    /// The payment.
    pub(crate) payment_id: u64,
    /// How much.
    pub(crate) amount_cents: u64,
    /// The way that the money took.
    pub(crate) gateway: &'static str,
    /// How often the gateway was asked again.
    pub(crate) retries: u32,
}

/// Why a charge failed. Nothing was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChargeError {
    /// The customer's bank said no.
    Declined,
    /// The gateway did not answer, and neither when it was asked again.
    Unavailable,
    /// The gateway took too long.
    TimedOut,
}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declined => "the payment was declined",
            Self::Unavailable => "the payment gateway is not available; try again later",
            Self::TimedOut => "the payment gateway took too long; try again later",
        })
    }
}

impl Error for ChargeError {}

impl From<Refusal> for ChargeError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Declined => Self::Declined,
            Refusal::Unavailable => Self::Unavailable,
        }
    }
}

/// `POST /orders/{id}/pay`.
pub(crate) async fn pay(
    State(shop): State<Shop>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Receipt>, ApiError> {
    let Path(order_id) = id?;
    // a task of its own goes on when the client hangs up; it keeps `shop`, and so the shutdown waits for it
    let payment = async move { process(&shop, order_id).await };
    let payment = tokio::spawn(payment.with_context(SpanContext::current()));
    let receipt = payment.await.map_err(|lost| ApiError::Internal(lost.into()))??;
    Ok(Json(receipt))
}

/// Takes an order from `pending` to `paid`, or back.
async fn process(shop: &Shop, order_id: u64) -> Result<Receipt, ApiError> {
    let Some(claim) = claim(shop, order_id, SystemTime::now()).await? else {
        return Err(match shop.repository.order(order_id).await? {
            None => ApiError::UnknownOrder,
            Some(order) if order.state == OrderState::Paid => ApiError::AlreadyPaid,
            Some(_) => ApiError::PaymentInFlight,
        });
    };
    let payment = Payment { id: claim.order_id, amount_cents: claim.amount_cents };
    match charge(&shop.gateway, payment).await {
        Ok(receipt) if shop.repository.settle_order(&claim).await? => Ok(receipt),
        Ok(_) => {
            let message = format!("order {order_id} was charged after its claim had run out");
            Err(ApiError::Internal(message.into()))
        }
        Err(error) => {
            shop.repository.release_order(&claim).await?;
            Err(error.into())
        }
    }
}

async fn claim(shop: &Shop, order_id: u64, now: SystemTime) -> Result<Option<Claim>, QueryError> {
    let milliseconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    };
    shop.repository.claim_order(order_id, milliseconds(now), milliseconds(now + CLAIM)).await
}

/// Charges a payment through the gateway, and asks again when it fails for a moment.
///
/// # Errors
///
/// When the charge failed; then nothing was charged.
#[telemetry::span(
    my_app.payment.process,
    payment_id = payment.id,
    stop(|receipt| retries = receipt.retries, gateway = receipt.gateway)
)]
pub(crate) async fn charge(gateway: &Gateway, payment: Payment) -> Result<Receipt, ChargeError> {
    let calls = async {
        let mut charge = gateway.open();
        let mut retries = 0;
        loop {
            match charge.submit().await {
                Ok(gateway) => {
                    return Ok(Receipt {
                        payment_id: payment.id,
                        amount_cents: payment.amount_cents,
                        gateway,
                        retries,
                    });
                }
                Err(Refusal::Unavailable) if retries < MOST_RETRIES => retries += 1,
                Err(refusal) => return Err(refusal.into()),
            }
        }
    };
    match tokio::time::timeout(gateway.deadline, calls).await {
        Ok(result) => result,
        Err(_) => Err(ChargeError::TimedOut),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::http::{Method, StatusCode};
    use tokio::task::JoinSet;

    use super::*;
    use crate::app::{Work, router};
    use crate::config::Database;
    use crate::gateway::tests::Hold;
    use crate::order::Order;
    use crate::repository::Repository;
    use crate::tests::{Answer, request, send};

    /// A shop with one order that is not paid.
    async fn shop(gateway: Gateway) -> (Shop, Work, Order) {
        let repository = Repository::open(&Database::Memory).await.unwrap();
        let (shop, work) = Shop::new(repository, gateway);
        let mut transaction = shop.repository.begin().await.unwrap();
        let order = transaction.insert_order(6, 1, 1290, 7).await.unwrap();
        transaction.commit().await.unwrap();
        (shop, work, order)
    }

    async fn pay(router: Router, order: u64) -> Answer {
        let path = format!("/orders/{order}/pay");
        send(router, request(Method::POST, &path, "")).await
    }

    async fn state(repository: &Repository, order: u64) -> OrderState {
        repository.order(order).await.unwrap().unwrap().state
    }

    #[tokio::test]
    async fn concurrent_pays_charge_once() {
        let (gateway, hold) = Gateway::held(0.0);
        let (shop, _work, order) = shop(gateway).await;
        let router = router(shop.clone());
        let mut pays = JoinSet::new();
        for _ in 0..8 {
            pays.spawn(pay(router.clone(), order.id));
        }
        for _ in 0..7 {
            let refused = pays.join_next().await.unwrap().unwrap();
            assert_eq!(refused.status, StatusCode::CONFLICT);
            assert_eq!(refused.code(), "payment_in_flight");
        }
        assert_eq!(state(&shop.repository, order.id).await, OrderState::Paying);
        hold.release();
        let paid = pays.join_next().await.unwrap().unwrap();
        assert_eq!(paid.status, StatusCode::OK);
        assert_eq!(pay(router, order.id).await.code(), "already_paid");
        assert_eq!(shop.gateway.settled(), 1);
    }

    /// Starts to pay, and hangs up while the gateway works.
    async fn hang_up(shop: &Shop, order: &Order, hold: &Hold) {
        let request = tokio::spawn(pay(router(shop.clone()), order.id));
        hold.entered().await;
        request.abort();
        assert!(request.await.is_err_and(|error| error.is_cancelled()));
        assert_eq!(state(&shop.repository, order.id).await, OrderState::Paying);
    }

    #[tokio::test]
    async fn payment_goes_on_when_the_client_hangs_up() {
        let (gateway, hold) = Gateway::held(0.0);
        let (shop, work, order) = shop(gateway).await;
        hang_up(&shop, &order, &hold).await;
        hold.release();
        let (repository, gateway) = (shop.repository.clone(), Arc::clone(&shop.gateway));
        drop(shop);
        work.done().await;
        assert_eq!(state(&repository, order.id).await, OrderState::Paid);
        assert_eq!(gateway.settled(), 1);
    }

    #[tokio::test]
    async fn failed_payment_can_be_tried_again_though_the_client_hung_up() {
        let (gateway, hold) = Gateway::held(1.0);
        let (shop, work, order) = shop(gateway).await;
        hang_up(&shop, &order, &hold).await;
        hold.release();
        let repository = shop.repository.clone();
        drop(shop);
        work.done().await;
        assert_eq!(state(&repository, order.id).await, OrderState::Pending);
    }

    #[tokio::test]
    async fn slow_gateway_times_out_and_charges_nothing() {
        let (mut gateway, _hold) = Gateway::held(0.0);
        gateway.deadline = Duration::ZERO;
        let (shop, _work, order) = shop(gateway).await;
        let answer = pay(router(shop.clone()), order.id).await;
        assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(answer.code(), "gateway_timeout");
        assert_eq!(state(&shop.repository, order.id).await, OrderState::Pending);
        assert_eq!(shop.gateway.settled(), 0);
    }

    #[tokio::test]
    async fn failed_charge_is_a_bad_gateway_and_leaves_the_order_pending() {
        let (shop, _work, order) = shop(Gateway::new(1.0, Duration::ZERO)).await;
        for _ in 0..10 {
            let answer = pay(router(shop.clone()), order.id).await;
            assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
            assert!(["payment_declined", "gateway_unavailable"].contains(&answer.code()));
            assert_eq!(state(&shop.repository, order.id).await, OrderState::Pending);
        }
        assert_eq!(shop.gateway.settled(), 0);
    }

    #[tokio::test]
    async fn configured_share_of_charges_fails_in_the_end() {
        fastrand::seed(1);
        let gateway = Gateway::new(0.25, Duration::ZERO);
        let payment = Payment { id: 1, amount_cents: 100 };
        let mut failed = 0;
        let mut retried = 0;
        for _ in 0..4000 {
            match charge(&gateway, payment).await {
                Ok(receipt) if receipt.retries > 0 => retried += 1,
                Ok(_) => {}
                Err(_) => failed += 1,
            }
        }
        assert!((900..1100).contains(&failed), "{failed} of 4000");
        assert!((650..850).contains(&retried), "{retried} of 4000");
        assert_eq!(gateway.settled(), 4000 - failed);
    }

    #[tokio::test]
    async fn claim_that_ran_out_is_handed_out_again_and_the_old_one_is_void() {
        let (shop, _work, order) = shop(Gateway::new(0.0, Duration::ZERO)).await;
        let start = SystemTime::now();
        let stuck = claim(&shop, order.id, start).await.unwrap().unwrap();
        assert_eq!(claim(&shop, order.id, start + CLAIM / 2).await.unwrap(), None);
        let next = claim(&shop, order.id, start + CLAIM).await.unwrap().unwrap();
        assert!(!shop.repository.settle_order(&stuck).await.unwrap());
        assert!(!shop.repository.release_order(&stuck).await.unwrap());
        assert!(shop.repository.settle_order(&next).await.unwrap());
        assert_eq!(claim(&shop, order.id, start + 9 * CLAIM).await.unwrap(), None);
    }
}
