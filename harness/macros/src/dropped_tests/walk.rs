//! Goes through the files of a crate and writes down its modules. Function bodies are not looked into.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::attribute::Attributes;
use super::condition::{Condition, not};
use super::paths::{self, group, ident, is_punct};
use super::tree::{Function, ModuleIx, ROOT, Tree};

/// Modules in modules: more than anybody writes, and fewer than a file that names itself.
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

/// Where the walk is.
#[derive(Clone)]
struct Position {
    module: ModuleIx,
    /// Where the files of the modules that are declared here are.
    children: PathBuf,
    /// The module is a block in its file.
    is_inline: bool,
    condition: Condition,
    depth: usize,
}

/// The file that is read.
#[derive(Clone)]
struct SourceFile {
    directory: PathBuf,
    /// Its path, as it is shown.
    display_path: Rc<str>,
    /// The tokens are those of `quickcheck! {}`.
    is_quickcheck: bool,
}

impl Walk<'_> {
    /// A file that is not there is the compiler's business.
    fn file(&mut self, path: &Path, position: Position) -> bool {
        let Some(text) = (self.read)(path) else { return false };
        let Ok(tokens) = without_shebang(&text).parse::<TokenStream>() else { return true };
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        self.items(
            tokens,
            position,
            &SourceFile { directory, display_path: display_path(path).into(), is_quickcheck: false },
        );
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
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    attributes = Attributes::default();
                    after
                }
                TokenTree::Ident(word) => {
                    let attributes = &mut attributes;
                    match word.to_string().as_str() {
                        "mod" => self.module(after, std::mem::take(attributes), &position, file),
                        "fn" => self.function(after, std::mem::take(attributes), &position, file),
                        "use" => {
                            *attributes = Attributes::default();
                            self.import(after, &position)
                        }
                        "extern" if ident(after.first()).is_some_and(|word| word == "crate") => {
                            self.extern_crate(&after[1..], std::mem::take(attributes), &position)
                        }
                        "impl" | "trait" | "struct" | "enum" | "union" | "type" => {
                            *attributes = Attributes::default();
                            to_end(after)
                        }
                        "const" | "static" if !begins_function(after) => {
                            *attributes = Attributes::default();
                            past_semicolon(after)
                        }
                        _ => match macro_call(rest) {
                            Some(call) => self.call(call, std::mem::take(attributes), &position, file),
                            None => after,
                        },
                    }
                }
                _ if is_punct(Some(first), ';') => {
                    attributes = Attributes::default();
                    after
                }
                _ => after,
            };
        }
    }

    /// `mod name;` or `mod name { … }`
    fn module<'t>(
        &mut self,
        rest: &'t [TokenTree],
        attributes: Attributes,
        position: &Position,
        file: &SourceFile,
    ) -> &'t [TokenTree] {
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
            let file = position.path_attr_base(file).join(path);
            // Modules in such a file are beside it.
            let children = file.parent().unwrap_or(Path::new("")).to_owned();
            let condition_here = condition.and_all(predicates);
            self.file(&file, Position { children, is_inline: false, condition: condition_here, ..inner.clone() });
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
    fn function<'t>(
        &mut self,
        rest: &'t [TokenTree],
        attributes: Attributes,
        position: &Position,
        file: &SourceFile,
    ) -> &'t [TokenTree] {
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
        to_end(rest)
    }

    /// `path::{…};`. One that depends on conditions counts as there.
    fn import<'t>(&mut self, rest: &'t [TokenTree], position: &Position) -> &'t [TokenTree] {
        let end = rest.iter().position(|token| is_punct(Some(token), ';')).unwrap_or(rest.len());
        let (path, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        let module = &mut self.tree.modules[position.module];
        paths::imports(path, &[], &mut module.imports, &mut module.globs);
        after
    }

    /// `name as other;`
    fn extern_crate<'t>(
        &mut self,
        rest: &'t [TokenTree],
        attributes: Attributes,
        position: &Position,
    ) -> &'t [TokenTree] {
        let after = past_semicolon(rest);
        let Some(name) = ident(rest.first()) else { return after };
        let is_test_used = attributes.all.iter().any(|attribute| {
            let names = &attribute.arguments;
            attribute.path == ["macro_use"] && (names.is_empty() || names.iter().any(|name| name == &["test"]))
        });
        let alias = ident(rest.get(2)).filter(|_| ident(rest.get(1)).is_some_and(|word| word == "as"));
        if position.module == ROOT {
            let is_ours =
                [Some(&name), alias.as_ref()].into_iter().flatten().any(|name| self.ours.contains(&name.as_str()));
            self.tree.is_test_ours |= is_test_used && is_ours;
            // One that is called as ours is ours.
            self.tree
                .crates
                .extend(alias.filter(|alias| !self.ours.contains(&alias.as_str())).map(|alias| (alias, name)));
        }
        after
    }

    /// `name! { … }` where an item could be: what looks like an item in it is taken for one.
    fn call<'t>(
        &mut self,
        call: MacroCall<'t>,
        attributes: Attributes,
        position: &Position,
        file: &SourceFile,
    ) -> &'t [TokenTree] {
        let condition = position.condition.and_all(&attributes.condition);
        let position = Position { condition, depth: position.depth + 1, ..position.clone() };
        let body = call.body.stream();
        match call.name.as_str() {
            "macro_rules" => {}
            "cfg_if" => {
                for (condition, block) in cfg_if_branches(body) {
                    let condition = position.condition.and_all(&condition);
                    self.items(block, Position { condition, ..position.clone() }, file);
                }
            }
            "cfg_select" => {
                for (condition, block) in cfg_select_arms(body) {
                    let condition = position.condition.and_all(&condition);
                    self.items(block, Position { condition, ..position.clone() }, file);
                }
            }
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
        call.rest
    }
}

impl Position {
    /// What `#[path]` is relative to.
    fn path_attr_base<'a>(&'a self, file: &'a SourceFile) -> &'a Path {
        if self.is_inline { &self.children } else { &file.directory }
    }
}

struct MacroCall<'t> {
    name: String,
    body: &'t Group,
    rest: &'t [TokenTree],
}

/// `path::name! { … }`, or `name! word { … }`
fn macro_call(tokens: &[TokenTree]) -> Option<MacroCall<'_>> {
    let (path, rest) = paths::leading(tokens)?;
    let rest = rest.split_first().filter(|(mark, _)| is_punct(Some(mark), '!'))?.1;
    let rest = if ident(rest.first()).is_some() { &rest[1..] } else { rest };
    match rest.split_first() {
        Some((TokenTree::Group(body), rest)) => Some(MacroCall { name: path.last()?.clone(), body, rest }),
        _ => None,
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

/// Behind the block that ends an item, or the semicolon.
fn to_end(rest: &[TokenTree]) -> &[TokenTree] {
    let is_end = |token: &TokenTree| is_punct(Some(token), ';') || group(Some(token), Delimiter::Brace).is_some();
    rest.iter().position(is_end).map_or(&[], |at| &rest[at + 1..])
}

fn past_semicolon(rest: &[TokenTree]) -> &[TokenTree] {
    rest.iter().position(|token| is_punct(Some(token), ';')).map_or(&[], |at| &rest[at + 1..])
}

/// `if #[cfg(a)] { … } else if #[cfg(b)] { … } else { … }`
fn cfg_if_branches(tokens: TokenStream) -> Vec<(Condition, TokenStream)> {
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
fn cfg_select_arms(tokens: TokenStream) -> Vec<(Condition, TokenStream)> {
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
fn include_path(tokens: TokenStream) -> Option<String> {
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

/// As long as before, for the numbers of the lines.
fn without_shebang(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => &text[text.find('\n').unwrap_or(text.len())..],
        _ => text,
    }
}

/// Relative to where the compiler runs, and without `a/../`.
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
