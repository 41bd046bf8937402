//! `metrics!`: what to measure becomes definitions that the linker gathers.

mod buckets;
mod check;
mod closure;
mod expand;
mod literal;
mod model;
mod parse;
mod units;

use proc_macro2::TokenStream;

use self::model::Group;
use self::parse::Block;
use crate::diag::Mistakes;
use crate::input;

/// Metrics with mistakes are emitted without what is wrong, so that rustc checks the rest of them.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::none();
    let mut expanded = TokenStream::new();
    if let Some(mut block) = input::whole(input, &mut mistakes, Block::parse) {
        check::block(&mut block, &mut mistakes);
        expanded = expand::group(&Group::from(block));
    }
    expanded.extend(mistakes.finish());
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(text: &str) -> String {
        expand(text.parse().unwrap()).to_string()
    }

    #[test]
    fn well_formed_metrics_are_emitted_beside_broken_ones() {
        let expanded = metrics(
            "counter(a.one.count); counter(a.two.); sum(a.three.n, tagz = [b]) last_value(a.four.n,
             tags = [route, 7 = 8, region = \"eu\"]); nonsense; counter(a.five.count);",
        );
        for name in ["one", "three", "four", "five"] {
            assert!(expanded.contains(&format!("use a :: {name} as __event")), "{expanded}");
        }
        assert!(expanded.contains("use a :: two as _"), "half a name is kept: {expanded}");
        assert!(expanded.contains("\"route\" , \"region\""), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 5, "{expanded}");
    }

    #[test]
    fn facade_is_the_one_that_the_user_names() {
        let expanded = metrics("crate = ::tel; counter(a.one.count, tags = [b]);");
        assert!(expanded.contains(":: tel :: __private"), "{expanded}");
        assert!(!expanded.contains(":: telemetry"), "{expanded}");
    }
}
