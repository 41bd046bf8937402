//! Numbers as they are written.

use syn::{Expr, ExprLit, Lit, UnOp};

/// The finite value of a literal, negative or not.
pub(super) fn number(expression: &Expr) -> Option<f64> {
    let value = match literal(expression)? {
        (Lit::Int(int), sign) => int.base10_parse::<f64>().ok()? * f64::from(sign),
        (Lit::Float(float), sign) => float.base10_parse::<f64>().ok()? * f64::from(sign),
        _ => return None,
    };
    value.is_finite().then_some(value)
}

/// A literal, and whether it is negative: `1` or `-1`. Only numbers are.
pub(super) fn literal(expression: &Expr) -> Option<(&Lit, i8)> {
    match ungrouped(expression) {
        Expr::Lit(ExprLit { lit, .. }) => Some((lit, 1)),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match literal(&unary.expr)? {
            (lit @ (Lit::Int(_) | Lit::Float(_)), 1) => Some((lit, -1)),
            _ => None,
        },
        _ => None,
    }
}

/// Without the invisible brackets that an expression gets in a `macro_rules!`.
pub(super) fn ungrouped(expression: &Expr) -> &Expr {
    match expression {
        Expr::Group(group) => ungrouped(&group.expr),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<f64> {
        number(&syn::parse_str(text).unwrap())
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, value) in [("1", 1.0), ("-2.5", -2.5), ("1_000", 1000.0), ("1e3", 1000.0)] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for text in ["\"1\"", "--1", "1e999", "f64::INFINITY", "1 + 1", "-\"1\"", "true"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
