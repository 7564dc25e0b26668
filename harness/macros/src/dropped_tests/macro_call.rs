//! Calls of macros at the places of items, and the tokens that `cfg_if!`, `cfg_select!` and `include!` choose.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::attribute::Attributes;
use super::condition::{Condition, not};
use super::paths::{self, group, ident, is_punct};

/// A call of a macro, and the tokens after it.
pub(super) struct MacroCall<'t> {
    pub(super) name: String,
    pub(super) body: &'t Group,
    pub(super) rest: &'t [TokenTree],
}

/// `path::name! { … }`, or `name! word { … }`
pub(super) fn macro_call(tokens: &[TokenTree]) -> Option<MacroCall<'_>> {
    let (path, rest) = paths::leading(tokens)?;
    let rest = rest.split_first().filter(|(mark, _)| is_punct(Some(mark), '!'))?.1;
    let rest = if ident(rest.first()).is_some() { &rest[1..] } else { rest };
    match rest.split_first() {
        Some((TokenTree::Group(body), rest)) => Some(MacroCall { name: path.last()?.clone(), body, rest }),
        _ => None,
    }
}

/// `if #[cfg(a)] { … } else if #[cfg(b)] { … } else { … }`
pub(super) fn cfg_if_branches(tokens: TokenStream) -> Vec<(Condition, TokenStream)> {
    let (mut branches, mut others) = (Vec::new(), Condition::default());
    let mut own = None;
    for token in tokens {
        let TokenTree::Group(group) = token else { continue };
        if group.delimiter() == Delimiter::Bracket {
            let mut attributes = Attributes::default();
            attributes.add(group.stream());
            own = Some(attributes.condition.predicate());
        } else {
            branches.push((own.iter().fold(others.clone(), |all, own| all.and(own.clone())), group.stream()));
            others = own.take().iter().fold(others, |all, own| all.and(not(own)));
        }
    }
    branches
}

/// `a => { … } b => { … } _ => { … }`
pub(super) fn cfg_select_arms(tokens: TokenStream) -> Vec<(Condition, TokenStream)> {
    let (mut arms, mut others) = (Vec::new(), Condition::default());
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    while let Some(arrow) = rest.windows(2).position(|two| is_punct(two.first(), '=') && is_punct(two.get(1), '>')) {
        let predicate: TokenStream =
            rest[..arrow].iter().filter(|token| !is_punct(Some(token), ',')).cloned().collect();
        let predicate = predicate.to_string();
        rest = &rest[arrow + 2..];
        let Some(block) = group(rest.first(), Delimiter::Brace) else { continue };
        rest = &rest[1..];
        if predicate == "_" {
            arms.push((others.clone(), block.stream()));
        } else {
            arms.push((others.and(predicate.clone()), block.stream()));
            others.add(not(&predicate));
        }
    }
    arms
}

/// The path in `include!("path")` or `include!(concat!(env!("OUT_DIR"), "/path"))`.
pub(super) fn include_path(tokens: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if let Some(text) = tokens.first().and_then(paths::text) {
        return Some(text);
    }
    let call = macro_call(&tokens)?;
    let body: Vec<TokenTree> = call.body.stream().into_iter().collect();
    match call.name.as_str() {
        "env" => std::env::var(paths::text(body.first()?)?).ok(),
        "concat" => paths::parts(call.body.stream()).into_iter().map(include_path).collect(),
        _ => None,
    }
}
