//! Products: what the shop sells.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;

use crate::app::Shop;
use crate::error::ApiError;

/// One product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Product {
    /// The number in its path.
    pub(crate) id: u64,
    /// The name for people.
    pub(crate) name: String,
    /// The price of one piece.
    pub(crate) price_cents: u64,
    /// How many pieces are left.
    pub(crate) stock: u64,
}

/// The body of `GET /products`.
#[derive(Serialize)]
pub(crate) struct ProductList {
    products: Vec<Product>,
}

/// `GET /products`.
pub(crate) async fn list(State(shop): State<Shop>) -> Result<Json<ProductList>, ApiError> {
    let products = shop.repository.products().await?;
    Ok(Json(ProductList { products }))
}

/// `GET /products/{id}`.
pub(crate) async fn show(
    State(shop): State<Shop>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Product>, ApiError> {
    let Path(id) = id?;
    let product = shop.repository.product(id).await?;
    product.map(Json).ok_or(ApiError::UnknownProduct)
}
