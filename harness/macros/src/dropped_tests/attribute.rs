//! Attributes: their paths, the paths in their arguments, and the predicates of `cfg` and `cfg_attr`.

use proc_macro2::{TokenStream, TokenTree};

use super::condition::{Condition, not};
use super::paths::{self, Names};

/// An attribute, except `cfg` and `cfg_attr`.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) path: Names,
    /// Every path that its arguments name.
    pub(super) arguments: Vec<Names>,
    /// The text of `#[path = "text"]`.
    pub(super) text: Option<String>,
    /// The predicates of `cfg_attr`.
    pub(super) condition: Condition,
}

impl Attribute {
    /// As it is written, without its arguments.
    pub(super) fn display(&self) -> String {
        format!("#[{}]", self.path.join("::"))
    }
}

/// All attributes of an item.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) all: Vec<Attribute>,
    /// The predicates of `cfg`.
    pub(super) condition: Condition,
}

impl Attributes {
    /// Adds the attribute in `#[…]`.
    pub(super) fn add(&mut self, tokens: TokenStream) {
        self.add_if(tokens, &Condition::default());
    }

    fn add_if(&mut self, tokens: TokenStream, condition: &Condition) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let Some((path, rest)) = paths::leading(&tokens) else { return };
        let arguments = match rest.first() {
            Some(TokenTree::Group(group)) => group.stream(),
            _ => rest.iter().cloned().collect(),
        };
        match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["cfg"] if condition.is_none() => self.condition.add(arguments.to_string()),
            // The inner `cfg` applies only if the predicates of `cfg_attr` hold.
            ["cfg"] => self.condition.add(format!("any({}, {arguments})", not(&condition.predicate()))),
            ["cfg_attr"] => {
                let mut parts = paths::parts(arguments).into_iter();
                let Some(predicate) = parts.next() else { return };
                let condition = condition.and(predicate.to_string());
                parts.for_each(|part| self.add_if(part, &condition));
            }
            _ => self.all.push(Attribute {
                path,
                arguments: paths::all(arguments),
                text: rest.iter().find_map(paths::text),
                condition: condition.clone(),
            }),
        }
    }

    /// The files that `#[path]` names, each with the predicates of its `cfg_attr`.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &Condition)> {
        let is_it = |attribute: &&Attribute| attribute.path == ["path"];
        self.all.iter().filter(is_it).filter_map(|path| Some((path.text.as_deref()?, &path.condition)))
    }
}
