//! `metrics!`: what to measure becomes definitions that the linker gathers.

mod check;
mod expand;
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
