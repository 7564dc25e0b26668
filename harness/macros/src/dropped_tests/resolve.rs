//! Resolves paths by the imports of the crate, if they show the origin of a name.

use super::paths::{Import, Names};
use super::tree::{Module, ModuleIx, ROOT, Tree};

/// The maximum number of imports that a path is resolved through. It stops the search in a cycle of imports.
const MAX_STEPS: usize = 32;

pub(super) struct Resolver<'a> {
    pub(super) tree: &'a Tree,
    /// The names of our library in the crate.
    pub(super) ours: &'a [&'a str],
}

/// The module or the crate that `use path::*` imports from.
enum GlobTarget {
    Module(ModuleIx),
    OtherCrate(Names),
}

impl Resolver<'_> {
    /// Whether the path is our attribute, in this module.
    pub(super) fn is_ours(&self, module: ModuleIx, path: &[String]) -> bool {
        self.names_ours(&self.resolve(module, path))
    }

    /// The path, starting with the name of its crate; unchanged if no import shows its origin.
    pub(super) fn resolve(&self, module: ModuleIx, path: &[String]) -> Names {
        self.step(module, path, 0)
    }

    fn step(&self, module: ModuleIx, path: &[String], steps: usize) -> Names {
        let Some((first, rest)) = path.split_first() else { return Names::new() };
        if let Some(within) = self.keyword(module, first) {
            return self.step_in(within, rest, steps).unwrap_or_default();
        }
        if first.is_empty() {
            return self.in_other_crate(rest);
        }
        if let Some(path) = self.step_in(module, path, steps) {
            return path;
        }
        if path == ["test"] && self.tree.is_test_ours {
            return vec![self.ours[0].to_owned(), "test".to_owned()];
        }
        self.in_other_crate(path)
    }

    /// The path as the module itself declares or imports it.
    fn step_in(&self, module: ModuleIx, path: &[String], steps: usize) -> Option<Names> {
        let (first, rest) = path.split_first().filter(|_| steps < MAX_STEPS)?;
        if self.keyword(module, first).is_some() {
            return Some(self.step(module, path, steps + 1));
        }
        let Module { imports, globs, .. } = &self.tree.modules[module];
        if let Some(import) = imports.iter().find(|import| names(import, first, rest)) {
            return Some(self.step(module, &[import.path.as_slice(), rest].concat(), steps + 1));
        }
        if let Some(child) = self.tree.find_child(first, module).filter(|_| !rest.is_empty()) {
            return Some(self.step_in(child, rest, steps + 1).unwrap_or_default());
        }
        globs.iter().find_map(|glob| match self.follow(module, glob, steps + 1) {
            GlobTarget::Module(other) => self.step_in(other, path, steps + 1),
            GlobTarget::OtherCrate(glob) => Some([glob.as_slice(), path].concat()).filter(|path| self.names_ours(path)),
        })
    }

    fn follow(&self, module: ModuleIx, path: &[String], steps: usize) -> GlobTarget {
        let Some((first, rest)) = path.split_first() else { return GlobTarget::Module(module) };
        if first.is_empty() || steps > MAX_STEPS {
            return GlobTarget::OtherCrate(self.in_other_crate(rest));
        }
        if let Some(next) = self.keyword(module, first).or_else(|| self.tree.find_child(first, module)) {
            return self.follow(next, rest, steps + 1);
        }
        match self.tree.modules[module].imports.iter().find(|import| names(import, first, &[String::new()])) {
            Some(import) => self.follow(module, &[import.path.as_slice(), rest].concat(), steps + 1),
            None => GlobTarget::OtherCrate(self.in_other_crate(path)),
        }
    }

    fn keyword(&self, module: ModuleIx, name: &str) -> Option<ModuleIx> {
        match name {
            "crate" => Some(ROOT),
            "self" => Some(module),
            "super" => self.tree.modules[module].parent,
            _ => None,
        }
    }

    fn in_other_crate(&self, path: &[String]) -> Names {
        let mut path = path.to_vec();
        if let Some(first) = path.first_mut()
            && let Some(name) = self.tree.crates.get(first)
        {
            first.clone_from(name);
        }
        path
    }

    fn names_ours(&self, path: &[String]) -> bool {
        matches!(path, [first, last] if last == "test" && self.ours.contains(&first.as_str()))
    }
}

/// Whether `first`, followed by `rest`, means the import. `use name::name;` is not meant where a module name is expected.
fn names(import: &Import, first: &String, rest: &[String]) -> bool {
    let is_own_crate = import.path.first() == Some(first);
    import.name == *first && (!is_own_crate || (rest.is_empty() && import.path.len() > 1))
}
