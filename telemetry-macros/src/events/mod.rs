//! `events!`: a vocabulary becomes modules, statics and schemas.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;

use self::model::Model;
use self::parse::Block;
use crate::diag::Mistakes;

/// On a mistake the items are emitted all the same, so that each mistake is one error and the code
/// that uses the names still finds them.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let block: Block = match syn::parse2(input) {
        Ok(block) => block,
        Err(mistake) => return mistake.to_compile_error(),
    };
    let mut mistakes = Mistakes::none();
    check::block(&block, &mut mistakes);
    let mut expanded = expand::model(&Model::from(block));
    expanded.extend(mistakes.finish());
    expanded
}
