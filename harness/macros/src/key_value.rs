//! Arguments of the form `key = value`, and their literals.

use std::time::Duration;

use swimlanes_core::time;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit, LitBool, LitInt, LitStr, Path, Token};

use crate::ast::{CratePath, ungrouped};

/// `= true`
pub(crate) fn boolean(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitBool> {
    let expected = format!("`{key}` needs `true` or `false`, as in `{key} = true`");
    match after_equals(key, input, &expected)? {
        Expr::Lit(ExprLit { lit: Lit::Bool(boolean), .. }) => Ok(boolean),
        other => Err(syn::Error::new(other.span(), expected)),
    }
}

pub(crate) fn no_value(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format!("`{key}` takes no value")))
}

/// `= "text"`; an empty string is an error.
pub(crate) fn text(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    let expected = format!("`{key}` needs a string, as in `{key} = \"…\"`");
    string_literal(after_equals(key, input, &expected)?, &expected)
}

pub(crate) fn string(input: ParseStream<'_>, expected: &str) -> syn::Result<LitStr> {
    string_literal(value(input, expected)?, expected)
}

fn string_literal(expression: Expr, expected: &str) -> syn::Result<LitStr> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if !text.value().is_empty() => Ok(text),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Err(syn::Error::new(text.span(), "a name cannot be empty")),
        other => Err(syn::Error::new(other.span(), expected)),
    }
}

/// `= 2`
pub(crate) fn number(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitInt> {
    let expected = format!("`{key}` needs a whole number that is not negative, as in `{key} = 2`");
    match after_equals(key, input, &expected)? {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => match number.base10_parse::<u32>() {
            Ok(_) => Ok(number),
            Err(_) => Err(syn::Error::new(number.span(), expected)),
        },
        other => Err(syn::Error::new(other.span(), expected)),
    }
}

/// `= "5s"`
pub(crate) fn time(key: &Ident, input: ParseStream<'_>) -> syn::Result<Duration> {
    let expected = format!("`{key}` needs a time with a unit, as in `{key} = \"5s\"`, \"500ms\" or \"2m\"");
    let text = match after_equals(key, input, &expected)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text,
        other => return Err(syn::Error::new(other.span(), expected)),
    };
    time::parse(&text.value()).map_err(|why| syn::Error::new(text.span(), format!("{expected} ({why})")))
}

/// Parses the value of the text. An error of the parser gets the span of the text.
pub(crate) fn parsed<T>(text: &LitStr, parse: fn(&str) -> Result<T, String>) -> syn::Result<T> {
    parse(&text.value()).map_err(|why| syn::Error::new(text.span(), why))
}

/// `= "path"`
pub(crate) fn crate_path(key: &Ident, input: ParseStream<'_>) -> syn::Result<CratePath> {
    Ok(CratePath(Some(text(key, input)?.parse_with(Path::parse_mod_style)?)))
}

/// The expression after the `=`.
fn after_equals(key: &Ident, input: ParseStream<'_>, expected: &str) -> syn::Result<Expr> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(key.span(), expected));
    }
    input.parse::<Token![=]>()?;
    value(input, expected)
}

fn value(input: ParseStream<'_>, expected: &str) -> syn::Result<Expr> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(input.error(expected));
    }
    Ok(ungrouped(&Expr::parse(input)?).clone())
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
    use quote::quote;
    use syn::parse::Parser;

    use super::*;

    #[test]
    fn literal_from_a_macro_rules_fragment_is_accepted() {
        let fragment = TokenTree::Group(Group::new(Delimiter::None, quote! { "lanes" }));
        let tokens: TokenStream = quote! { = #fragment };
        let key = Ident::new("group", proc_macro2::Span::call_site());
        let text = (|input: ParseStream<'_>| text(&key, input)).parse2(tokens);
        assert_eq!(text.map(|text| text.value()).map_err(|error| error.to_string()), Ok("lanes".to_owned()));
    }
}
