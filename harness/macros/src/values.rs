//! Parses `#[values(…)]` of a parameter, and names each value.

use std::collections::HashSet;

use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Pat, Token};

use crate::ast::{Values, ungrouped};

/// The maximum number of characters of a string that is used as a name.
const LONGEST: usize = 24;

/// Parses the attribute of the parameter with this pattern.
pub(crate) fn parse(attribute: &Attribute, pattern: &Pat) -> syn::Result<Values> {
    let values: Vec<Expr> = match &attribute.meta {
        Meta::List(list) => {
            list.parse_args_with(Punctuated::<Expr, Token![,]>::parse_terminated)?.into_iter().collect()
        }
        _ => Vec::new(),
    };
    if values.is_empty() {
        let message = "`#[values]` needs at least one value: `#[values(1, 10, 100)]`";
        return Err(syn::Error::new_spanned(attribute, message));
    }
    let Pat::Ident(parameter) = pattern else {
        let message = "a parameter with `#[values]` must be a plain name, which the names of the tests contain: destructure it in the body";
        return Err(syn::Error::new_spanned(pattern, message));
    };
    let names = names(&parameter.ident, &values);
    Ok(Values(names.into_iter().zip(values).collect()))
}

/// The names of the values: the values themselves if all of them are distinct words, or else their numbers.
fn names(parameter: &Ident, values: &[Expr]) -> Vec<String> {
    let words: Option<Vec<String>> = values.iter().map(word).collect();
    let mut distinct = HashSet::new();
    let words = words.filter(|words| words.iter().all(|word| distinct.insert(word.clone())));
    let words = words.unwrap_or_else(|| (1..=values.len()).map(|number| number.to_string()).collect());
    words.iter().map(|word| format!("{}_{word}", parameter.unraw())).collect()
}

/// The value as a part of a name, if it can be one.
fn word(value: &Expr) -> Option<String> {
    match ungrouped(value) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Some(number.to_string()),
        Expr::Lit(ExprLit { lit: Lit::Bool(boolean), .. }) => Some(boolean.value.to_string()),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let text = text.value();
            let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            (is_word && (1..=LONGEST).contains(&text.len())).then_some(text)
        }
        Expr::Path(path) if path.qself.is_none() => {
            let is_plain = path.path.segments.iter().all(|segment| segment.arguments.is_none());
            let last = path.path.segments.last().filter(|_| is_plain)?;
            Some(last.ident.unraw().to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::parse::Parser;

    use super::*;

    /// Compares the names of the values of a parameter `n`.
    #[track_caller]
    fn check(values: &str, expected: &str) {
        let parsed = Punctuated::<Expr, Token![,]>::parse_terminated.parse_str(values).expect("expressions");
        let parsed: Vec<Expr> = parsed.into_iter().collect();
        assert_eq!(names(&Ident::new("n", Span::call_site()), &parsed).join(" "), expected, "{values}");
    }

    #[test]
    fn values_that_are_words_name_the_tests() {
        check("1, 10, 100", "n_1 n_10 n_100");
        check("1_000, 0xFF, 7u8", "n_1_000 n_0xFF n_7u8");
        check("true, false", "n_true n_false");
        check("Mode::Fast, super::Mode::Slow, LIMIT", "n_Fast n_Slow n_LIMIT");
        check("None, r#type", "n_None n_type");
        check("\"one\", r\"two_2\", \"abcdefghijklmnopqrstuvwx\"", "n_one n_two_2 n_abcdefghijklmnopqrstuvwx");
        check("1, true, Mode::Fast, \"one\"", "n_1 n_true n_Fast n_one");
    }

    #[test]
    fn one_value_that_cannot_be_a_name_makes_all_names_numbers() {
        for other in
            ["-1", "1.5", "'a'", "b'a'", "b\"a\"", "f()", "&X", "1 + 1", "(1)", "Some(1)", "[1]", "|| 1", "<u8>::MAX"]
        {
            check(&format!("{other}, 7"), "n_1 n_2");
        }
        check("Vec::<u8>::new, 7", "n_1 n_2");
        for text in ["", "two words", "naïve", "a-b", "abcdefghijklmnopqrstuvwxy"] {
            check(&format!("7, {text:?}, 8"), "n_1 n_2 n_3");
        }
    }

    #[test]
    fn equal_values_make_all_names_numbers() {
        check("1, 2, 1", "n_1 n_2 n_3");
        check("a::X, b::X", "n_1 n_2");
        check("1, \"1\"", "n_1 n_2");
        check("1, 1u8", "n_1 n_1u8");
    }

    #[test]
    fn a_raw_parameter_name_loses_its_prefix() {
        let values: [Expr; 1] = [syn::parse_str("1").expect("an expression")];
        assert_eq!(names(&syn::parse_str("r#type").expect("a name"), &values), ["type_1"]);
    }
}
