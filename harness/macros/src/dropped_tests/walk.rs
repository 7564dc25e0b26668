//! Reads the files of a crate into a tree of its modules. It does not look into function bodies.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::attribute::Attributes;
use super::condition::{Condition, not};
use super::macro_call::{MacroCall, cfg_if_branches, cfg_select_arms, include_path, macro_call};
use super::paths::{self, group, ident, is_punct};
use super::tree::{Function, ModuleIx, ROOT, Tree};

/// The maximum depth of modules. It stops the walk in a file that includes itself.
const MAX_DEPTH: usize = 64;

/// Reads the crate whose root is this file.
pub(super) fn read_crate(root: &Path, ours: &[&str], read: &dyn Fn(&Path) -> Option<String>) -> Tree {
    let mut walk = Walk { tree: Tree::new(), ours, read };
    let directory = root.parent().unwrap_or(Path::new("")).to_owned();
    let position =
        Position { module: ROOT, children: directory, is_inline: false, condition: Condition::default(), depth: 0 };
    walk.file(root, position);
    walk.tree
}

struct Walk<'a> {
    tree: Tree,
    ours: &'a [&'a str],
    read: &'a dyn Fn(&Path) -> Option<String>,
}

/// The module that the walk reads.
#[derive(Clone)]
struct Position {
    module: ModuleIx,
    /// The directory of the modules that are declared here.
    children: PathBuf,
    /// The module is a block, not a file.
    is_inline: bool,
    condition: Condition,
    depth: usize,
}

/// The file that is read.
#[derive(Clone)]
struct SourceFile {
    directory: PathBuf,
    /// Its path in messages.
    display_path: Rc<str>,
    /// The tokens are those of `quickcheck! {}`.
    is_quickcheck: bool,
}

/// An item whose keyword has been read.
struct Item<'t, 'w> {
    /// The tokens after the keyword.
    rest: &'t [TokenTree],
    attributes: Attributes,
    position: &'w Position,
    file: &'w SourceFile,
}

impl Walk<'_> {
    /// Reads a file. `false` if it does not exist, which the compiler reports.
    fn file(&mut self, path: &Path, position: Position) -> bool {
        let Some(text) = (self.read)(path) else { return false };
        let Ok(tokens) = without_shebang(&text).parse::<TokenStream>() else { return true };
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        let file = SourceFile { directory, display_path: display_path(path).into(), is_quickcheck: false };
        self.items(tokens, position, &file);
        true
    }

    fn items(&mut self, tokens: TokenStream, mut position: Position, file: &SourceFile) {
        if position.depth > MAX_DEPTH {
            return;
        }
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        let mut attributes = Attributes::default();
        while let Some((first, after)) = rest.split_first() {
            rest = match first {
                _ if is_punct(Some(first), '#') => attribute(after, &mut attributes, &mut position.condition),
                TokenTree::Ident(word) => {
                    let mut item =
                        |rest| Item { rest, attributes: std::mem::take(&mut attributes), position: &position, file };
                    match word.to_string().as_str() {
                        "mod" => self.module(item(after)),
                        "fn" => self.function(item(after)),
                        "use" => self.import(&item(after)),
                        "extern" if ident(after.first()).is_some_and(|word| word == "crate") => {
                            self.extern_crate(&item(&after[1..]))
                        }
                        "impl" | "trait" | "struct" | "enum" | "union" | "type" => past_item(item(after).rest),
                        "const" | "static" if !begins_function(after) => past_semicolon(item(after).rest),
                        _ => match macro_call(rest) {
                            Some(call) => self.macro_call(&call, item(call.rest)),
                            None => after,
                        },
                    }
                }
                _ => {
                    if is_punct(Some(first), ';') || group(Some(first), Delimiter::Brace).is_some() {
                        attributes = Attributes::default();
                    }
                    after
                }
            };
        }
    }

    /// `name;` or `name { … }`
    fn module<'t>(&mut self, item: Item<'t, '_>) -> &'t [TokenTree] {
        let Item { rest, attributes, position, file } = item;
        let (Some(name), Some((second, after))) = (ident(rest.first()), rest.get(1..).and_then(<[_]>::split_first))
        else {
            return rest;
        };
        let inner = Position {
            module: self.tree.child(&name, position.module),
            children: position.children.join(&name),
            is_inline: true,
            condition: position.condition.and_all(&attributes.condition),
            depth: position.depth + 1,
        };
        if let Some(block) = group(Some(second), Delimiter::Brace) {
            // `#[path]` above a block names its directory.
            let children = match attributes.files().next() {
                Some((path, _)) => position.path_attr_base(file).join(path),
                None => inner.children.clone(),
            };
            self.items(block.stream(), Position { children, ..inner }, file);
            return after;
        }
        let mut condition = inner.condition.clone();
        for (path, predicates) in attributes.files() {
            let path = position.path_attr_base(file).join(path);
            // The modules that such a file declares are beside it.
            let children = path.parent().unwrap_or(Path::new("")).to_owned();
            let condition_here = condition.and_all(predicates);
            self.file(&path, Position { children, is_inline: false, condition: condition_here, ..inner.clone() });
            if predicates.is_none() {
                return after;
            }
            condition.add(not(&predicates.predicate()));
        }
        let inner = Position { is_inline: false, condition, ..inner };
        let beside = position.children.join(format!("{name}.rs"));
        if !self.file(&beside, inner.clone()) {
            self.file(&inner.children.join("mod.rs"), inner);
        }
        after
    }

    /// `name(…) { … }`
    fn function<'t>(&mut self, item: Item<'t, '_>) -> &'t [TokenTree] {
        let Item { rest, attributes, position, file } = item;
        let Some(first) = rest.first() else { return rest };
        // `fn [<name of paste>]`
        let name = ident(Some(first)).or_else(|| Some(group(Some(first), Delimiter::Bracket)?.to_string()));
        if let Some(name) = name.filter(|_| file.is_quickcheck || !attributes.all.is_empty()) {
            self.tree.modules[position.module].functions.push(Function {
                name,
                file: Rc::clone(&file.display_path),
                line: first.span().start().line,
                condition: position.condition.and_all(&attributes.condition),
                attributes: attributes.all,
                is_in_quickcheck: file.is_quickcheck,
            });
        }
        past_item(rest)
    }

    /// `path::{…};`. An import under a condition counts as if it always existed.
    fn import<'t>(&mut self, item: &Item<'t, '_>) -> &'t [TokenTree] {
        let rest = item.rest;
        let end = rest.iter().position(|token| is_punct(Some(token), ';')).unwrap_or(rest.len());
        let (path, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        let module = &mut self.tree.modules[item.position.module];
        paths::imports(path, &[], &mut module.imports, &mut module.globs);
        after
    }

    /// `name as other;`
    fn extern_crate<'t>(&mut self, item: &Item<'t, '_>) -> &'t [TokenTree] {
        let after = past_semicolon(item.rest);
        let Some(name) = ident(item.rest.first()) else { return after };
        if item.position.module != ROOT {
            return after;
        }
        let imports_test = item.attributes.all.iter().any(|attribute| {
            let names = &attribute.arguments;
            attribute.path == ["macro_use"] && (names.is_empty() || names.iter().any(|name| name == &["test"]))
        });
        let is_alias = ident(item.rest.get(1)).is_some_and(|word| word == "as");
        let alias = ident(item.rest.get(2)).filter(|_| is_alias);
        let is_ours = |name: &String| self.ours.contains(&name.as_str());
        self.tree.is_test_ours |= imports_test && [Some(&name), alias.as_ref()].into_iter().flatten().any(is_ours);
        // A crate whose alias is one of our names is ours.
        if let Some(alias) = alias.filter(|alias| !is_ours(alias)) {
            self.tree.crates.insert(alias, name);
        }
        after
    }

    /// `name! { … }` at the place of an item. Tokens in it that look like an item count as one.
    fn macro_call<'t>(&mut self, call: &MacroCall<'t>, item: Item<'t, '_>) -> &'t [TokenTree] {
        let Item { rest, attributes, position, file } = item;
        let condition = position.condition.and_all(&attributes.condition);
        let position = Position { condition, depth: position.depth + 1, ..position.clone() };
        let body = call.body.stream();
        match call.name.as_str() {
            "macro_rules" => {}
            "cfg_if" => self.branches(cfg_if_branches(body), &position, file),
            "cfg_select" => self.branches(cfg_select_arms(body), &position, file),
            "include" => {
                if let Some(path) = include_path(body) {
                    self.file(&file.directory.join(path), position);
                }
            }
            name => {
                let is_quickcheck = name == "quickcheck";
                self.items(body, position, &SourceFile { is_quickcheck, ..file.clone() });
            }
        }
        rest
    }

    fn branches(&mut self, branches: Vec<(Condition, TokenStream)>, position: &Position, file: &SourceFile) {
        for (condition, block) in branches {
            let condition = position.condition.and_all(&condition);
            self.items(block, Position { condition, ..position.clone() }, file);
        }
    }
}

impl Position {
    /// The directory that `#[path]` is relative to.
    fn path_attr_base<'a>(&'a self, file: &'a SourceFile) -> &'a Path {
        if self.is_inline { &self.children } else { &file.directory }
    }
}

/// `[…]` or `![…]` after the `#`.
fn attribute<'t>(rest: &'t [TokenTree], attributes: &mut Attributes, module: &mut Condition) -> &'t [TokenTree] {
    if let Some(group) = group(rest.first(), Delimiter::Bracket) {
        attributes.add(group.stream());
        return &rest[1..];
    }
    if let Some(group) = group(rest.get(1), Delimiter::Bracket).filter(|_| is_punct(rest.first(), '!')) {
        let mut inner = Attributes::default();
        inner.add(group.stream());
        *module = module.and_all(&inner.condition);
        return &rest[2..];
    }
    rest
}

/// Whether `const` is one of the words before `fn`.
fn begins_function(rest: &[TokenTree]) -> bool {
    let word = ident(rest.first());
    word.is_some_and(|word| matches!(word.as_str(), "fn" | "async" | "unsafe" | "extern"))
}

/// The tokens after the block or the semicolon that ends an item.
fn past_item(rest: &[TokenTree]) -> &[TokenTree] {
    let is_end = |token: &TokenTree| is_punct(Some(token), ';') || group(Some(token), Delimiter::Brace).is_some();
    rest.iter().position(is_end).map_or(&[], |at| &rest[at + 1..])
}

fn past_semicolon(rest: &[TokenTree]) -> &[TokenTree] {
    rest.iter().position(|token| is_punct(Some(token), ';')).map_or(&[], |at| &rest[at + 1..])
}

/// The text without its `#!` line. The line breaks stay, as spans count them.
fn without_shebang(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => &text[text.find('\n').unwrap_or(text.len())..],
        _ => text,
    }
}

/// The path in messages: relative to the directory in which the compiler runs, and without `a/../`.
pub(crate) fn display_path(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let mut parts = PathBuf::new();
    for part in path.strip_prefix(&here).unwrap_or(path).components() {
        match part {
            std::path::Component::ParentDir if parts.file_name().is_some() => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.display().to_string()
}
