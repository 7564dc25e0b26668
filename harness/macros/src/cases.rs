//! Parses `cases(…)`: the cases of one function, each with a name and the values of its parameters.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, Token, parenthesized};

use crate::ast::{Case, Cases, ungrouped};
use crate::inner_attrs;

/// Parses the cases after the word `cases`.
pub(crate) fn parse(word: &Ident, input: ParseStream<'_>) -> syn::Result<Cases> {
    let example = "`cases(empty = (\"\", 0), one_word = (\"one\", 1))`";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(word.span(), format!("cases need parentheses: {example}")));
    }
    let content;
    parenthesized!(content in input);
    let mut cases: Vec<Case> = Vec::new();
    while !content.is_empty() {
        let (case, at) = parse_case(cases.len() + 1, &content)?;
        if cases.iter().any(|other| other.name == case.name) {
            return Err(syn::Error::new(at, format!("two cases have the name `{}`: rename one", case.name)));
        }
        cases.push(case);
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    match cases.is_empty() {
        true => Err(syn::Error::new(word.span(), format!("`cases` needs at least one case: {example}"))),
        false => Ok(Cases { span: word.span(), cases }),
    }
}

/// `name = value` or `value`, with attributes before it. The span is that of the name.
fn parse_case(number: usize, input: ParseStream<'_>) -> syn::Result<(Case, Span)> {
    let std_attrs = inner_attrs::case_attrs(&input.call(Attribute::parse_outer)?)?;
    let name = name(input)?;
    let value: Expr = input.parse()?;
    match (name, value) {
        (None, Expr::Assign(assign)) => Err(no_name(&assign.left)),
        (None, value) => {
            let at = ungrouped(&value).span();
            Ok((Case { name: format!("case_{number}"), std_attrs, value }, at))
        }
        (Some(name), value) => Ok((Case { name: name.unraw().to_string(), std_attrs, value }, name.span())),
    }
}

/// `name =`, if the input begins with it.
fn name(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    if !input.peek(Ident::peek_any) || !input.peek2(Token![=]) || input.peek2(Token![==]) {
        return Ok(None);
    }
    let is_name = input.peek(Ident);
    let name = input.call(Ident::parse_any)?;
    if !is_name {
        return Err(no_name(&name));
    }
    input.parse::<Token![=]>()?;
    Ok(Some(name))
}

fn no_name(tokens: &impl ToTokens) -> syn::Error {
    let message = "the name of a case must be an identifier: write `empty = …`, or the value without a name";
    syn::Error::new_spanned(tokens, message)
}
