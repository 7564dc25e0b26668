//! What stands in `cases(…)`: the cases of one function, each with a name and the values of its parameters.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, Token, parenthesized};

use crate::inner_attrs::{self, StdAttrs};

/// All of a function.
pub(crate) struct Cases {
    /// Where the word `cases` stands.
    pub(crate) at: Span,
    /// At least one.
    pub(crate) cases: Vec<Case>,
}

/// One of them.
pub(crate) struct Case {
    pub(crate) name: String,
    /// What it says of itself alone.
    pub(crate) std_attrs: StdAttrs,
    value: Expr,
}

impl Cases {
    /// What follows the word.
    pub(crate) fn parse(word: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let example = "`cases(empty = (\"\", 0), one_word = (\"one\", 1))`";
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new(word.span(), format!("give the cases in parentheses: {example}")));
        }
        let content;
        parenthesized!(content in input);
        let mut cases: Vec<Case> = Vec::new();
        while !content.is_empty() {
            let (case, at) = Case::parse(cases.len() + 1, &content)?;
            if cases.iter().any(|other| other.name == case.name) {
                return Err(syn::Error::new(at, format!("two cases are named `{}`", case.name)));
            }
            cases.push(case);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        match cases.is_empty() {
            true => Err(syn::Error::new(word.span(), format!("without a case there is no test: {example}"))),
            false => Ok(Self { at: word.span(), cases }),
        }
    }
}

impl Case {
    /// `name = value` or `value`, with attributes before it. Answers where it has its name, too.
    fn parse(number: usize, input: ParseStream<'_>) -> syn::Result<(Self, Span)> {
        let std_attrs = inner_attrs::case_attrs(&input.call(Attribute::parse_outer)?)?;
        let name = name(input)?;
        let value: Expr = input.parse()?;
        match (name, value) {
            (None, Expr::Assign(assign)) => Err(no_name(&assign.left)),
            (None, value) => {
                let at = ungrouped(&value).span();
                Ok((Self { name: format!("case_{number}"), std_attrs, value }, at))
            }
            (Some(name), value) => Ok((Self { name: name.unraw().to_string(), std_attrs, value }, name.span())),
        }
    }

    /// Where it stands.
    pub(crate) fn span(&self) -> Span {
        ungrouped(&self.value).span()
    }

    /// The values of so many parameters.
    pub(crate) fn values(&self, n: usize) -> syn::Result<Vec<&Expr>> {
        if n == 1 {
            return Ok(vec![&self.value]);
        }
        let message = match ungrouped(&self.value) {
            Expr::Tuple(tuple) if tuple.elems.len() == n => return Ok(tuple.elems.iter().collect()),
            Expr::Tuple(tuple) => match tuple.elems.len() {
                1 => format!("this case has one value and needs {n}: one for each parameter with `#[case]`"),
                has => format!("this case has {has} values and needs {n}: one for each parameter with `#[case]`"),
            },
            _ => format!("this case needs {n} values, one for each parameter with `#[case]`: write them as a tuple"),
        };
        Err(syn::Error::new_spanned(&self.value, message))
    }
}

/// The expression, without the invisible parentheses that `macro_rules!` puts around one.
pub(crate) fn ungrouped(expression: &Expr) -> &Expr {
    match expression {
        Expr::Group(group) => ungrouped(&group.expr),
        expression => expression,
    }
}

/// `name =`, if that is what comes.
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
    let message = "a case has a name as a function has one, or none: `empty = …`, or the value alone";
    syn::Error::new_spanned(tokens, message)
}
