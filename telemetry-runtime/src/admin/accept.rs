//! What a client says that it wants: the elements of `Accept`, `Accept-Encoding` and their like, with
//! their qualities (RFC 9110, 12.4.2).

use http::HeaderMap;
use http::header::AsHeaderName;

/// One element of such a header: a name, its parameters, and how much it is wanted.
pub(crate) struct Accepted<'h> {
    pub(crate) name: &'h str,
    rest: &'h str,
    /// In thousandths.
    pub(crate) quality: u16,
}

impl Accepted<'_> {
    /// All but the quality.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        parameters(self.rest).filter(|(name, _)| !name.eq_ignore_ascii_case("q"))
    }
}

/// The elements of all headers of that name. Those that are no ASCII say nothing.
pub(crate) fn accepted(
    headers: &HeaderMap,
    name: impl AsHeaderName,
) -> impl Iterator<Item = Accepted<'_>> {
    let texts = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).filter_map(|element| {
        let (name, rest) = element.split_once(';').unwrap_or((element, ""));
        let name = name.trim();
        let quality = parameters(rest).find(|(name, _)| name.eq_ignore_ascii_case("q"));
        let quality = quality.map_or(1_000, |(_, value)| thousandths(value));
        (!name.is_empty()).then_some(Accepted { name, rest, quality })
    })
}

fn parameters(rest: &str) -> impl Iterator<Item = (&str, &str)> {
    rest.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        Some((name.trim(), value.trim().trim_matches('"')))
    })
}

/// A quality; one that cannot be understood is the lowest that is not a refusal.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
fn thousandths(text: &str) -> u16 {
    match text.parse::<f64>() {
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1_000.0).round() as u16,
        _ => 1,
    }
}
