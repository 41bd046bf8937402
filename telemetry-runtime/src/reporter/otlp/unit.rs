//! Units as OTLP writes them: in UCUM, the Unified Code for Units of Measure.
//!
//! Source: <https://ucum.org/ucum>, and for names of one's own the annotations in braces of
//! <https://opentelemetry.io/docs/specs/semconv/general/metrics/#instrument-units>.

use std::borrow::Cow;

use telemetry::Unit;

/// The unit's code.
pub(super) fn ucum(unit: Unit) -> Cow<'static, str> {
    let code = match unit.name() {
        "" => "",
        "native" | "nanosecond" => "ns",
        "microsecond" => "us",
        "millisecond" => "ms",
        "second" => "s",
        "byte" => "By",
        "kilobyte" => "kBy",
        "megabyte" => "MBy",
        "gigabyte" => "GBy",
        "kibibyte" => "KiBy",
        "mebibyte" => "MiBy",
        "gibibyte" => "GiBy",
        "percent" => "%",
        "count" => "1",
        own => return annotation(own),
    };
    Cow::Borrowed(code)
}

/// A word that is no unit. UCUM allows printable ASCII in it, but for the braces.
fn annotation(word: &str) -> Cow<'static, str> {
    let allowed = |c: char| if c.is_ascii_graphic() && !"{}".contains(c) { c } else { '_' };
    let word: String = word.chars().map(allowed).collect();
    format!("{{{word}}}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_their_codes_and_words_are_annotations() {
        for (unit, code) in [
            (Unit::NATIVE, "ns"),
            (Unit::MILLISECOND, "ms"),
            (Unit::KIBIBYTE, "KiBy"),
            (Unit::NONE, ""),
            (Unit::named("percent"), "%"),
            (Unit::named("count"), "1"),
            (Unit::named("order"), "{order}"),
            (Unit::named("a {b}"), "{a__b_}"),
        ] {
            assert_eq!(ucum(unit), code);
        }
    }
}
