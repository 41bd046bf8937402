//! A macro's input, read to its end whatever is wrong with it: one broken entry hides no other.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Result, Token, parenthesized};

use crate::diag::Mistakes;

/// Reads the whole input. What is missing at its end is reported at its last token, and not at the
/// macro's name.
pub(crate) fn whole<T>(
    tokens: TokenStream,
    mistakes: &mut Mistakes,
    parse: impl FnOnce(ParseStream<'_>, &mut Mistakes) -> Result<T>,
) -> Option<T> {
    let end = match tokens.clone().into_iter().last() {
        Some(TokenTree::Group(group)) => group.span_close(),
        Some(token) => token.span(),
        None => Span::call_site(),
    };
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(end);
    let parser = |input: ParseStream<'_>| {
        let content;
        parenthesized!(content in input);
        let parsed = parse(&content, mistakes);
        content.parse::<TokenStream>()?;
        parsed
    };
    match parser.parse2(TokenTree::from(group).into()) {
        Ok(parsed) => Some(parsed),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    }
}

/// Reads what stands between commas. After a mistake it goes on behind the next comma, and where
/// only a comma is missing, at once.
pub(crate) fn list<T>(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
    begins: impl Fn(ParseStream<'_>) -> bool,
    mut parse: impl FnMut(ParseStream<'_>, &mut Mistakes) -> Result<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        match parse(&ahead, mistakes) {
            Ok(item) => {
                found.push(item);
                input.advance_to(&ahead);
                if !input.is_empty() && !input.peek(Token![,]) {
                    mistakes.push(input.error("expected `,`"));
                    if begins(input) {
                        continue;
                    }
                }
            }
            Err(mistake) => mistakes.push(mistake),
        }
        until_comma(input);
        let _: Result<Token![,]> = input.parse();
    }
    found
}

/// The tokens before the next comma.
pub(crate) fn until_comma(input: ParseStream<'_>) -> TokenStream {
    let mut passed = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        passed.extend(input.parse::<TokenTree>());
    }
    passed
}

/// Reads entries that end with `;` or a block. After a mistake it goes on behind that end, or where
/// the next entry begins.
pub(crate) fn entries<T>(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
    begins: impl Fn(ParseStream<'_>) -> bool,
    mut parse: impl FnMut(ParseStream<'_>, &mut Mistakes) -> Result<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        let parsed = parse(&ahead, mistakes);
        let moved = ahead.cursor() != input.cursor();
        input.advance_to(&ahead);
        match parsed {
            Ok(entry) => found.push(entry),
            Err(mistake) => {
                mistakes.push(mistake);
                skip_entry(input, moved, &begins);
            }
        }
    }
    found
}

fn skip_entry(input: ParseStream<'_>, mut moved: bool, begins: &dyn Fn(ParseStream<'_>) -> bool) {
    while !(input.is_empty() || moved && begins(input)) {
        moved = true;
        let ended = match input.parse() {
            Ok(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            Ok(TokenTree::Punct(punct)) => punct.as_char() == ';',
            _ => false,
        };
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::{Ident, LitInt};

    use super::*;

    fn messages(mistakes: Mistakes) -> String {
        mistakes.finish().to_string()
    }

    #[test]
    fn items_of_a_list_survive_their_neighbours() {
        let mut mistakes = Mistakes::none();
        let read = whole(quote!(1, x y, 2 3, 4), &mut mistakes, |input, mistakes| {
            Ok(list(
                input,
                mistakes,
                |next| next.peek(LitInt),
                |item, _| item.parse::<LitInt>()?.base10_parse::<u8>(),
            ))
        });
        assert_eq!(read.unwrap(), [1, 2, 3, 4]);
        let messages = messages(mistakes);
        assert_eq!(messages.matches("compile_error").count(), 2, "{messages}");
    }

    #[test]
    fn entries_survive_their_neighbours() {
        let mut mistakes = Mistakes::none();
        let tokens = quote!(a; 1 b c; { d } e; 2 { f } g 3 a; h;);
        let read = whole(tokens, &mut mistakes, |input, mistakes| {
            Ok(entries(
                input,
                mistakes,
                |next| next.peek(Ident),
                |entry, _| {
                    let name: Ident = entry.parse()?;
                    entry.parse::<Token![;]>()?;
                    Ok(name.to_string())
                },
            ))
        });
        assert_eq!(read.unwrap(), ["a", "c", "e", "a", "h"].map(String::from).to_vec());
        drop(mistakes.finish());
    }

    #[test]
    fn nothing_is_left_unread() {
        let mut mistakes = Mistakes::none();
        let read = whole(quote!(a b c), &mut mistakes, |input, _| input.parse::<Ident>());
        assert_eq!(read.unwrap(), "a");
        assert_eq!(mistakes.count(), 0);
        drop(mistakes.finish());
    }
}
