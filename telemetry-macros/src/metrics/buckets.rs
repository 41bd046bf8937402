//! The buckets of a distribution, as a list, a range, or a rule that makes them.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprRange, RangeLimits, Result, parenthesized};

use super::literal::number;
use super::parse::bracketed_list;
use crate::diag::{Mistakes, did_you_mean};
use crate::input;

syn::custom_keyword!(step);

/// As they are written.
pub(super) enum Buckets {
    /// `[10, 50, 100]`
    List(Vec<Expr>),
    /// `0..=100 step 10`
    Range { range: ExprRange, step: Option<Expr> },
    /// `linear(start, width, count)`, `exponential(start, factor, count)`
    Rule { name: Ident, arguments: Vec<Expr> },
}

const RULES: [&str; 2] = ["linear", "exponential"];

const FORMS: &str = "`[10, 50, 100]`, `0..=100 step 10`, `linear(start, width, count)` and `exponential(start, factor, count)`";

/// More than anybody can look at, and 4 KiB in each series.
const MOST: usize = 500;

impl Buckets {
    pub(super) fn parse(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Self> {
        if input.peek(syn::token::Bracket) {
            return Ok(Self::List(bracketed_list(input, mistakes, |bound, _| bound.parse())?));
        }
        if input.peek(Ident::peek_any) && input.peek2(syn::token::Paren) {
            let name = input.call(Ident::parse_any)?;
            let content;
            parenthesized!(content in input);
            let arguments = input::list(&content, mistakes, |_| true, |item, _| Expr::parse(item));
            return Ok(Self::Rule { name, arguments });
        }
        match input.parse()? {
            Expr::Range(range) => {
                let step = match input.parse::<Option<step>>()? {
                    Some(_) => Some(input.parse()?),
                    None => None,
                };
                Ok(Self::Range { range, step })
            }
            other => Err(syn::Error::new_spanned(
                other,
                format!("these are no buckets; buckets are {FORMS}"),
            )),
        }
    }

    /// The upper bounds, rising; with mistakes there are none.
    pub(super) fn bounds(&self, keyword: &Ident, mistakes: &mut Mistakes) -> Option<Vec<f64>> {
        let before = mistakes.count();
        let bounds = match self {
            Self::List(bounds) => buckets_are_rising_numbers(keyword, bounds, mistakes),
            Self::Range { range, step } => {
                range_has_ends_and_a_step(range, step.as_ref(), mistakes).unwrap_or_default()
            }
            Self::Rule { name, arguments } => {
                rule_takes_three_numbers(name, arguments, mistakes).unwrap_or_default()
            }
        };
        buckets_are_not_too_many(keyword, &bounds, mistakes);
        if mistakes.count() == before {
            bounds_are_told_apart(keyword, &bounds, mistakes);
        }
        (mistakes.count() == before).then_some(bounds)
    }
}

fn buckets_are_rising_numbers(
    keyword: &Ident,
    bounds: &[Expr],
    mistakes: &mut Mistakes,
) -> Vec<f64> {
    if bounds.is_empty() {
        mistakes.add(
            keyword.span(),
            "`buckets` is empty; give at least one upper bound, as in `buckets = [10, 50, 100]`, or leave it out for exponential buckets",
        );
    }
    let mut rising: Vec<f64> = Vec::with_capacity(bounds.len());
    for written in bounds {
        let Some(bound) = number(written) else {
            mistakes.push(syn::Error::new_spanned(
                written,
                "a bucket's bound is a finite number, as in `buckets = [0.5, 1, 2.5]`; the bucket to +∞ is implied",
            ));
            continue;
        };
        if rising.last().is_some_and(|previous| bound <= *previous) {
            mistakes.push(syn::Error::new_spanned(
                written,
                "buckets must rise; this bound is not above the one before it",
            ));
        }
        rising.push(bound);
    }
    rising
}

fn range_has_ends_and_a_step(
    range: &ExprRange,
    step: Option<&Expr>,
    mistakes: &mut Mistakes,
) -> Option<Vec<f64>> {
    let ends = range.start.as_deref().and_then(number).zip(range.end.as_deref().and_then(number));
    let step = step.map(|step| (step, number(step)));
    let (Some((start, end)), Some((written, step))) = (ends, step) else {
        mistakes.push(syn::Error::new_spanned(
            range,
            "a range of buckets has two numbers and a step, as in `buckets = 0..=100 step 10`",
        ));
        return None;
    };
    let Some(step) = step.filter(|step| *step > 0.0) else {
        mistakes.push(syn::Error::new_spanned(written, "the step is a number above 0"));
        return None;
    };
    let is_within = |bound: f64| match range.limits {
        RangeLimits::HalfOpen(_) => bound < end,
        RangeLimits::Closed(_) => bound <= end,
    };
    let bounds = steps(start, step).take(MOST + 1).take_while(|bound| is_within(*bound));
    let bounds: Vec<f64> = bounds.collect();
    if bounds.is_empty() {
        mistakes.push(syn::Error::new_spanned(
            range,
            "this range holds no bound; its end is above its start, as in `0..=100 step 10`",
        ));
    }
    Some(bounds)
}

fn rule_takes_three_numbers(
    name: &Ident,
    arguments: &[Expr],
    mistakes: &mut Mistakes,
) -> Option<Vec<f64>> {
    let text = name.to_string();
    let [linear, _] = RULES;
    if !RULES.contains(&text.as_str()) {
        mistakes.add(
            name.span(),
            format!("`{text}` makes no buckets; buckets are {FORMS}{}", did_you_mean(&text, RULES)),
        );
        return None;
    }
    let form = if text == linear { "start, width, count" } else { "start, factor, count" };
    let numbers: Vec<f64> = arguments.iter().filter_map(number).collect();
    let ([start, growth, count], 3) = (&numbers[..], arguments.len()) else {
        mistakes.add(name.span(), format!("`{text}` takes three numbers, `{text}({form})`"));
        return None;
    };
    let count = whole(*count).unwrap_or_else(|| {
        mistakes.push(syn::Error::new_spanned(
            &arguments[2],
            format!("the count is a whole number from 1 to {MOST}"),
        ));
        0
    });
    let (start, growth) = (*start, *growth);
    let bounds: Vec<f64> = if text == linear {
        if growth <= 0.0 {
            mistakes.push(syn::Error::new_spanned(
                &arguments[1],
                "the width is above 0, so that buckets rise",
            ));
        }
        steps(start, growth).take(count).collect()
    } else {
        if start <= 0.0 {
            mistakes.push(syn::Error::new_spanned(
                &arguments[0],
                "the start is above 0, so that buckets rise",
            ));
        }
        if growth <= 1.0 {
            mistakes.push(syn::Error::new_spanned(
                &arguments[1],
                "the factor is above 1, so that buckets rise",
            ));
        }
        std::iter::successors(Some(start), |bound| Some(bound * growth))
            .map(rounded)
            .take(count)
            .collect()
    };
    if bounds.iter().any(|bound| !bound.is_finite()) {
        mistakes.add(name.span(), "the last of these bounds is past the largest number");
    }
    Some(bounds)
}

fn buckets_are_not_too_many(keyword: &Ident, bounds: &[f64], mistakes: &mut Mistakes) {
    if bounds.len() > MOST {
        mistakes.add(
            keyword.span(),
            format!(
                "these are more than {MOST} buckets, which each series would hold; give fewer, or leave `buckets` out for exponential ones"
            ),
        );
    }
}

fn bounds_are_told_apart(keyword: &Ident, bounds: &[f64], mistakes: &mut Mistakes) {
    if bounds.windows(2).any(|pair| pair[0] >= pair[1]) {
        mistakes.add(
            keyword.span(),
            "these bounds are too near to each other for their size; give wider buckets",
        );
    }
}

/// The number of buckets that is meant, if it can be one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be small")]
fn whole(count: f64) -> Option<usize> {
    let is_whole = count.fract() == 0.0 && (1.0..=500.0).contains(&count);
    is_whole.then_some(count as usize)
}

/// `start`, `start + width` and so on. Multiplied, so that errors do not add up.
fn steps(start: f64, width: f64) -> impl Iterator<Item = f64> {
    (0_u32..).map(move |index| rounded(f64::from(index).mul_add(width, start)))
}

/// To 15 digits: `0.3` and not `0.30000000000000004`, since users read it.
fn rounded(bound: f64) -> f64 {
    format!("{bound:.14e}").parse().unwrap_or(bound)
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse::Parser;

    use super::*;

    fn bounds(text: &str) -> std::result::Result<Vec<f64>, String> {
        let mut mistakes = Mistakes::none();
        let parser = |input: ParseStream<'_>| Buckets::parse(input, &mut mistakes);
        let buckets = match parser.parse_str(text) {
            Ok(buckets) => buckets,
            Err(error) => {
                mistakes.push(error);
                return Err(mistakes.finish().to_string());
            }
        };
        let keyword: Ident = syn::parse2(quote!(buckets)).unwrap();
        let bounds = buckets.bounds(&keyword, &mut mistakes);
        let told = mistakes.finish().to_string();
        bounds.ok_or(told)
    }

    #[test]
    fn every_form_gives_its_bounds() {
        let cases: [(&str, &[f64]); 8] = [
            ("[-1, 0.5, 1_000]", &[-1.0, 0.5, 1000.0]),
            ("0..=100 step 25", &[0.0, 25.0, 50.0, 75.0, 100.0]),
            ("0..100 step 25", &[0.0, 25.0, 50.0, 75.0]),
            ("0..=0.3 step 0.1", &[0.0, 0.1, 0.2, 0.3]),
            ("-2..=-1 step 0.5", &[-2.0, -1.5, -1.0]),
            ("linear(10, 5, 3)", &[10.0, 15.0, 20.0]),
            ("linear(0.1, 0.1, 3)", &[0.1, 0.2, 0.3]),
            ("exponential(1, 2.5, 4)", &[1.0, 2.5, 6.25, 15.625]),
        ];
        for (text, expected) in cases {
            assert_eq!(bounds(text).unwrap(), expected, "{text}");
        }
        assert_eq!(bounds("linear(1, 1, 500)").unwrap().len(), 500);
    }

    #[test]
    fn what_makes_no_rising_bounds_is_refused() {
        for (text, told) in [
            ("[]", "is empty"),
            ("[1, 1]", "must rise"),
            ("[1, f64::INFINITY]", "finite number"),
            ("1..=10", "has two numbers and a step"),
            ("..=10 step 1", "has two numbers and a step"),
            ("1..", "has two numbers and a step"),
            ("1..=10 step 0", "above 0"),
            ("1..=10 step -1", "above 0"),
            ("10..1 step 1", "holds no bound"),
            ("1..1 step 1", "holds no bound"),
            ("0..1000 step 1", "more than 500"),
            ("linear(1, 2)", "three numbers"),
            ("linear(1, 2, three)", "three numbers"),
            ("linear(1, 0, 3)", "width is above 0"),
            ("linear(1, 1, 0)", "from 1 to 500"),
            ("linear(1, 1, 501)", "from 1 to 500"),
            ("linear(1, 1, 2.5)", "from 1 to 500"),
            ("exponential(0, 2, 3)", "start is above 0"),
            ("exponential(1, 1, 3)", "factor is above 1"),
            ("exponential(1, 1e300, 3)", "past the largest"),
            ("linear(1e20, 1, 3)", "too near"),
            ("exponentiel(1, 2, 3)", "did you mean `exponential`?"),
            ("7", "these are no buckets"),
        ] {
            let error = bounds(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
