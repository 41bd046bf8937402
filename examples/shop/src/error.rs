//! What a request can be refused for, and how the refusal looks on the wire.
//!
//! Every refusal is `{"error":{"code":"…","message":"…"}}`. The code is for programs and never changes; the message
//! is for people. What went wrong inside the shop stays inside: the answer is then a plain 500.

use std::error::Error;
use std::fmt;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::payment::ChargeError;
use crate::repository::QueryError;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The id in the path is no number.
    InvalidId,
    /// The body is no JSON.
    MalformedJson(String),
    /// The body is JSON, but no order.
    InvalidOrder(String),
    /// The body is not declared as JSON.
    UnsupportedBody,
    /// The body is longer than a request may be.
    BodyTooLarge,
    /// The body ended early, or could not be read for another reason.
    UnreadableBody,
    /// There is no such path.
    UnknownPath,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// There is no such product.
    UnknownProduct,
    /// There is no such order.
    UnknownOrder,
    /// There is less in stock than was ordered.
    OutOfStock,
    /// The order was paid before.
    AlreadyPaid,
    /// Another request is paying the order right now.
    PaymentInFlight,
    /// The gateway did not take the money.
    Charge(ChargeError),
    /// Something inside the shop failed.
    Internal(Box<dyn Error + Send + Sync>),
}

impl ApiError {
    /// A short name of the reason, the same for ever.
    pub(crate) fn code(&self) -> &'static str {
        self.status_and_code().1
    }

    fn status(&self) -> StatusCode {
        self.status_and_code().0
    }

    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidId => (StatusCode::BAD_REQUEST, "invalid_id"),
            Self::MalformedJson(_) => (StatusCode::BAD_REQUEST, "malformed_json"),
            Self::UnreadableBody => (StatusCode::BAD_REQUEST, "unreadable_body"),
            Self::InvalidOrder(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_order"),
            Self::UnsupportedBody => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_body"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::UnknownPath => (StatusCode::NOT_FOUND, "unknown_path"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::UnknownProduct => (StatusCode::NOT_FOUND, "unknown_product"),
            Self::UnknownOrder => (StatusCode::NOT_FOUND, "unknown_order"),
            Self::OutOfStock => (StatusCode::CONFLICT, "out_of_stock"),
            Self::AlreadyPaid => (StatusCode::CONFLICT, "already_paid"),
            Self::PaymentInFlight => (StatusCode::CONFLICT, "payment_in_flight"),
            Self::Charge(ChargeError::Declined) => (StatusCode::BAD_GATEWAY, "payment_declined"),
            Self::Charge(ChargeError::Unavailable) => {
                (StatusCode::BAD_GATEWAY, "gateway_unavailable")
            }
            Self::Charge(ChargeError::TimedOut) => (StatusCode::GATEWAY_TIMEOUT, "gateway_timeout"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

/// The message for the client: nothing in it comes from inside the shop.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidId => f.write_str("the id in the path must be a whole number from 0"),
            Self::MalformedJson(message) | Self::InvalidOrder(message) => f.write_str(message),
            Self::UnsupportedBody => f.write_str("send the body as content-type: application/json"),
            Self::BodyTooLarge => f.write_str("the body is too large"),
            Self::UnreadableBody => f.write_str("the body could not be read"),
            Self::UnknownPath => f.write_str("there is nothing at this path"),
            Self::MethodNotAllowed => f.write_str("this path does not take this method"),
            Self::UnknownProduct => f.write_str("there is no such product"),
            Self::UnknownOrder => f.write_str("there is no such order"),
            Self::OutOfStock => f.write_str("there is not enough of this product in stock"),
            Self::AlreadyPaid => f.write_str("the order is paid"),
            Self::PaymentInFlight => f.write_str("the order is being paid right now"),
            Self::Charge(error) => error.fmt(f),
            Self::Internal(_) => f.write_str("something went wrong inside the shop"),
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Charge(error) => Some(error),
            Self::Internal(error) => Some(&**error),
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(error) = &self {
            eprintln!("internal error: {error}");
        }
        let body = json!({ "error": { "code": self.code(), "message": self.to_string() } });
        (self.status(), Json(body)).into_response()
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<ChargeError> for ApiError {
    fn from(error: ChargeError) -> Self {
        Self::Charge(error)
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::InvalidId
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::JsonSyntaxError(error) => Self::MalformedJson(error.body_text()),
            JsonRejection::JsonDataError(error) => Self::InvalidOrder(error.body_text()),
            JsonRejection::MissingJsonContentType(_) => Self::UnsupportedBody,
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            _ => Self::UnreadableBody,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_errors_do_not_leak() {
        let error = ApiError::Internal("no such table: orders".into());
        assert_eq!(error.code(), "internal");
        assert!(!error.to_string().contains("table"));
        assert_eq!(error.into_response().status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
