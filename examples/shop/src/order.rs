//! Orders: a quantity of one product for one user.
//!
//! An order is `pending` until it is paid, and `paying` in between; [`crate::payment`] moves it along.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::app::Shop;
use crate::error::ApiError;
use crate::events::my_app;
use crate::repository::Repository;

/// The most pieces that one order may ask for.
pub(crate) const MOST_PIECES: u32 = 1000;

/// The highest number that the database holds.
const HIGHEST_NUMBER: u64 = i64::MAX.unsigned_abs();

/// The body of `POST /orders`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NewOrder {
    product_id: u64,
    quantity: u32,
    user_id: u64,
}

/// An order that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Order {
    /// The number in its path.
    pub(crate) id: u64,
    /// What was ordered.
    pub(crate) product_id: u64,
    /// How many pieces of it.
    pub(crate) quantity: u32,
    /// What all of them cost, at the price of the moment they were ordered.
    pub(crate) amount_cents: u64,
    /// Who ordered them.
    pub(crate) user_id: u64,
    /// How far the payment is.
    pub(crate) state: OrderState,
}

/// How far the payment of an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OrderState {
    /// Nobody is paying it.
    Pending,
    /// A payment is on its way.
    Paying,
    /// It is paid, once and for all.
    Paid,
}

/// `POST /orders`.
pub(crate) async fn create(
    State(shop): State<Shop>,
    order: Result<Json<NewOrder>, JsonRejection>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Order>), ApiError> {
    let order = place(&shop.repository, order).await?;
    let location = [(header::LOCATION, format!("/orders/{}", order.id))];
    Ok((StatusCode::CREATED, location, Json(order)))
}

/// `GET /orders/{id}`.
pub(crate) async fn show(
    State(shop): State<Shop>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Order>, ApiError> {
    let Path(id) = id?;
    let order = shop.repository.order(id).await?;
    order.map(Json).ok_or(ApiError::UnknownOrder)
}

/// Places an order, or says why not: every order that is asked for ends here, in one way or the other.
async fn place(
    repository: &Repository,
    order: Result<Json<NewOrder>, JsonRejection>,
) -> Result<Order, ApiError> {
    let result = match order {
        Ok(Json(order)) => take_from_stock(repository, &order).await,
        Err(rejection) => Err(rejection.into()),
    };
    match &result {
        Ok(order) => telemetry::execute!(
            my_app.orders.created,
            { amount_cents: order.amount_cents, item_count: order.quantity },
            { order_id: order.id, user_id: order.user_id }
        ),
        Err(error) => telemetry::execute!(my_app.orders.failed, {}, { reason: error.code() }),
    }
    result
}

/// Takes the pieces from the stock and writes the order, both or neither.
async fn take_from_stock(repository: &Repository, order: &NewOrder) -> Result<Order, ApiError> {
    if order.quantity == 0 || order.quantity > MOST_PIECES {
        let message = format!("quantity must be a number from 1 to {MOST_PIECES}");
        return Err(ApiError::InvalidOrder(message));
    }
    if order.user_id > HIGHEST_NUMBER {
        let message = format!("user_id must be a number from 0 to {HIGHEST_NUMBER}");
        return Err(ApiError::InvalidOrder(message));
    }
    // dropped before `commit`, on an error or with the whole request, the transaction is rolled back
    let mut transaction = repository.begin().await?;
    let Some(product) = transaction.product(order.product_id).await? else {
        return Err(ApiError::UnknownProduct);
    };
    let Some(amount_cents) = amount(product.price_cents, order.quantity) else {
        let message = "quantity must be smaller: the amount is too large".to_owned();
        return Err(ApiError::InvalidOrder(message));
    };
    if !transaction.take_stock(product.id, order.quantity).await? {
        return Err(ApiError::OutOfStock);
    }
    let order =
        transaction.insert_order(product.id, order.quantity, amount_cents, order.user_id).await?;
    transaction.commit().await?;
    Ok(order)
}

/// The price of all pieces, if it is a number that the database holds.
fn amount(price_cents: u64, quantity: u32) -> Option<u64> {
    price_cents.checked_mul(quantity.into()).filter(|amount| *amount <= HIGHEST_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_that_overflow_are_no_amounts() {
        assert_eq!(amount(1299, 3), Some(3897));
        assert_eq!(amount(HIGHEST_NUMBER, 1), Some(HIGHEST_NUMBER));
        assert_eq!(amount(HIGHEST_NUMBER, 2), None);
        assert_eq!(amount(u64::MAX, 2), None);
    }
}
