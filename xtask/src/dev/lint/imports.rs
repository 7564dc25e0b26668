//! Finds the files that each file imports. A path leads to the file of the innermost module that it names.
//!
//! `crate::`, `super::`, `self::`, names of child modules and names that `use` imports all count, and `pub use` counts like any other
//! `use`. Only the root is transparent: an item that it re-exports is imported from its own file.

use super::source_tree::{ModulePath, PathUse, SourceTree};

/// An import of something in the same crate.
#[derive(Debug)]
pub(super) struct Import {
    /// Index of the file that imports.
    pub(super) from: usize,
    pub(super) line: usize,
    /// The path of the imported item, from the root of the crate.
    pub(super) path: ModulePath,
    /// Indices of the files with that item. Never `from` itself.
    pub(super) files: Vec<usize>,
}

/// The maximum number of aliases that are followed.
const MAX_ALIASES: usize = 8;

/// All imports, in the order of the files and lines.
pub(super) fn imports(tree: &SourceTree) -> Vec<Import> {
    let mut imports = Vec::new();
    for (from, file) in tree.files.iter().enumerate() {
        for path_use in &file.uses {
            let Some(path) = resolve(tree, path_use) else { continue };
            let files = files(tree, &path).into_iter().filter(|&ix| ix != from).collect::<Vec<_>>();
            if !files.is_empty() {
                imports.push(Import { from, line: path_use.line, path, files });
            }
        }
    }
    imports
}

/// `None` if the item is in another crate.
fn resolve(tree: &SourceTree, path_use: &PathUse) -> Option<ModulePath> {
    let mut path = absolute(tree, &path_use.module, &path_use.names, MAX_ALIASES)?;
    for _ in 0..MAX_ALIASES {
        let name = path.first().filter(|_| !tree.modules.contains_key(&path[..1]));
        let Some(names) = name.and_then(|name| alias(tree, &[], name)) else { break };
        path = [&absolute(tree, &[], names, MAX_ALIASES)?, &path[1..]].concat();
    }
    Some(path)
}

/// The path from the root, of names that are used in this module.
fn absolute(tree: &SourceTree, module: &[String], names: &[String], n_aliases: usize) -> Option<ModulePath> {
    let (first, rest) = names.split_first()?;
    let child = [module, &names[..1]].concat();
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" if rest.is_empty() => Some(module.to_vec()),
        "self" => absolute(tree, module, rest, n_aliases),
        "super" => {
            let (_, parent) = module.split_last()?;
            match rest.first() {
                Some(next) if next == "super" => absolute(tree, parent, rest, n_aliases),
                _ => Some([parent, rest].concat()),
            }
        }
        _ if tree.modules.contains_key(&child) => Some([module, names].concat()),
        _ => {
            let target = alias(tree, module, first).filter(|target| n_aliases > 0 && target.as_slice() != names)?;
            let path = absolute(tree, module, target, n_aliases - 1)?;
            Some([path.as_slice(), rest].concat())
        }
    }
}

fn alias<'t>(tree: &'t SourceTree, module: &[String], name: &str) -> Option<&'t Vec<String>> {
    tree.modules.get(module)?.aliases.get(name)
}

/// The files of the innermost module that the path names.
fn files(tree: &SourceTree, path: &[String]) -> Vec<usize> {
    if let Some(files) = path.first().filter(|_| path.len() == 1).and_then(|name| tree.exported_macros.get(name)) {
        return files.iter().copied().collect();
    }
    let modules = (0..=path.len()).rev().find_map(|n| tree.modules.get(&path[..n]));
    modules.into_iter().flat_map(|module| module.files.iter().copied()).collect()
}
