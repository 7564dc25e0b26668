//! Reads paths, names and strings from a list of tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path as it is written: its names, the first one empty if it begins with `::`.
pub(super) type Names = Vec<String>;

/// `use path as name;`
#[derive(Debug)]
pub(super) struct Import {
    pub(super) name: String,
    pub(super) path: Names,
}

pub(super) fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

pub(super) fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// The name, without `r#`.
pub(super) fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => {
            let text = ident.to_string();
            Some(text.strip_prefix("r#").map_or(text.clone(), str::to_owned))
        }
        _ => None,
    }
}

/// The value of a literal, if it is a string without escapes.
pub(super) fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    let is_raw = text.starts_with('r');
    let text = text.trim_start_matches('r').trim_matches('#');
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    (is_raw || !text.contains('\\')).then(|| text.to_owned())
}

/// The path at the start of the tokens, and the remaining tokens.
pub(super) fn leading(tokens: &[TokenTree]) -> Option<(Names, &[TokenTree])> {
    let mut names = Names::new();
    let mut at = 0;
    let is_separator = |at: usize| is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':');
    if is_separator(0) {
        names.push(String::new());
        at = 2;
    }
    names.push(ident(tokens.get(at))?);
    at += 1;
    while is_separator(at) {
        let Some(name) = ident(tokens.get(at + 2)) else { break };
        names.push(name);
        at += 3;
    }
    Some((names, &tokens[at..]))
}

/// Every path in the tokens, groups included.
pub(super) fn all(tokens: TokenStream) -> Vec<Names> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut rest, mut found_paths) = (tokens.as_slice(), Vec::new());
    while let Some((first, after)) = rest.split_first() {
        if let TokenTree::Group(group) = first {
            found_paths.extend(all(group.stream()));
        }
        rest = match leading(rest) {
            Some((names, after)) => {
                found_paths.push(names);
                after
            }
            None => after,
        };
    }
    found_paths
}

/// The parts between commas.
pub(super) fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let parts = tokens.split(|token| is_punct(Some(token), ','));
    parts.filter(|part| !part.is_empty()).map(|part| part.iter().cloned().collect()).collect()
}

/// The imports of a `use`: names, and the paths before `*`.
pub(super) fn imports(tokens: &[TokenTree], prefix: &[String], imports: &mut Vec<Import>, globs: &mut Vec<Names>) {
    let tokens = match prefix.last() {
        // The separator before a group or an asterisk.
        Some(_) if is_punct(tokens.first(), ':') => tokens.get(2..).unwrap_or_default(),
        _ => tokens,
    };
    if is_punct(tokens.first(), '*') {
        globs.push(prefix.to_vec());
        return;
    }
    if let Some(group) = group(tokens.first(), Delimiter::Brace) {
        for part in parts(group.stream()) {
            let part: Vec<TokenTree> = part.into_iter().collect();
            self::imports(&part, prefix, imports, globs);
        }
        return;
    }
    let Some((names, rest)) = leading(tokens) else { return };
    let mut path = [prefix, &names].concat();
    if !rest.is_empty() && ident(rest.first()).is_none() {
        self::imports(rest, &path, imports, globs);
        return;
    }
    // `use a::{self}`
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let own = if ident(rest.first()).is_some_and(|word| word == "as") { ident(rest.get(1)) } else { None };
    if let Some(name) = own.or_else(|| path.last().cloned()) {
        imports.push(Import { name, path });
    }
}
