//! `events!`: a vocabulary becomes modules, statics and schemas.

mod check;
mod expand;
mod model;
mod parse;
mod types;

use proc_macro2::TokenStream;

use self::model::Model;
use self::parse::Block;
use crate::diag::Mistakes;
use crate::input;

/// On a mistake the items are emitted all the same, mended, so that each mistake is one error and the
/// code that uses the names still finds them.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::none();
    let mut expanded = TokenStream::new();
    if let Some(mut block) = input::whole(input, &mut mistakes, Block::parse) {
        check::block(&mut block, &mut mistakes);
        expanded = expand::model(&Model::from(block));
    }
    expanded.extend(mistakes.finish());
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> String {
        expand(text.parse().unwrap()).to_string()
    }

    #[test]
    fn well_formed_entries_are_emitted_beside_broken_ones() {
        let expanded = events(
            "event a.one; event a.; span a.two { metadata { id } stop { measurements { n: u8 } } }
             event a.three { nonsense } event a.four;",
        );
        for name in ["\"a.one\"", "\"a.two\"", "\"a.two.stop\"", "\"a.three\"", "\"a.four\""] {
            assert!(expanded.contains(name), "{name} is missing");
        }
        assert_eq!(expanded.matches("compile_error").count(), 3);
    }

    #[test]
    fn facade_is_the_one_that_the_user_names() {
        let expanded = events("crate = ::tel; event a.one; span a.two;");
        assert!(expanded.contains(":: tel :: __private"));
        assert!(!expanded.contains(":: telemetry"));
    }

    /// Beside what registers the whole block. Whoever executes it makes none.
    #[test]
    fn an_event_is_one_static_and_a_span_one_more_than_its_events() {
        let statics = |text: &str| {
            let expanded = events(text);
            let of_block = ["__EVENTS", "__SPANS", "__VOCABULARY"];
            let all = expanded.matches(" static ").count();
            all - of_block.iter().filter(|name| expanded.contains(*name)).count()
        };
        let fields = "{ measurements { n: u64 } metadata { text: &str } }";
        assert_eq!(statics(&format!("event a.one {fields}")), 1);
        assert_eq!(statics("event a.one; event a.two; event b.three;"), 3);
        assert_eq!(statics("span a.two { metadata { n: u64 } stop { metadata { m: u64 } } }"), 4);
    }
}
