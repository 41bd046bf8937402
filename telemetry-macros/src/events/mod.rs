//! `events!`: a vocabulary becomes modules, statics and schemas.

mod check;
mod expand;
mod model;
mod parse;

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
