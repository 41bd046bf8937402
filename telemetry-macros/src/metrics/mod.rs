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

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let block: Block = match syn::parse2(input) {
        Ok(block) => block,
        Err(mistake) => return mistake.to_compile_error(),
    };
    let mut mistakes = Mistakes::none();
    check::block(&block, &mut mistakes);
    // Metrics with mistakes are left out: no code names a metric, so nothing fails for the lack.
    let mut expanded = expand::group(&Group::new(block, &mut mistakes));
    expanded.extend(mistakes.finish());
    expanded
}
