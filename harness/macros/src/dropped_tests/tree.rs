//! The modules of a crate: their imports, and their functions with attributes.

use std::collections::HashMap;
use std::rc::Rc;

use super::attribute::Attribute;
use super::condition::Condition;
use super::paths::{Import, Names};

/// The index of a module; the root is the first.
pub(super) type ModuleIx = usize;

/// The root of the crate.
pub(super) const ROOT: ModuleIx = 0;

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
    /// `extern crate a as b;` in the root: `b` to `a`.
    pub(super) crates: HashMap<String, String>,
    /// `#[macro_use(test)] extern crate swimlanes;`: `test` is ours unless a module imports another.
    pub(super) is_test_ours: bool,
}

#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) parent: Option<ModuleIx>,
    pub(super) imports: Vec<Import>,
    /// `use path::*;`
    pub(super) globs: Vec<Names>,
    pub(super) functions: Vec<Function>,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) file: Rc<str>,
    pub(super) line: usize,
    pub(super) condition: Condition,
    pub(super) attributes: Vec<Attribute>,
    /// It is in `quickcheck! {}`, which writes `#[test]` above it.
    pub(super) is_in_quickcheck: bool,
}

impl Tree {
    pub(super) fn new() -> Self {
        let mut tree = Self { modules: Vec::new(), crates: HashMap::new(), is_test_ours: false };
        tree.add(String::new(), None);
        tree
    }

    /// A module of this name in `parent`, which may be declared several times under different conditions.
    pub(super) fn child(&mut self, name: &str, parent: ModuleIx) -> ModuleIx {
        self.find_child(name, parent).unwrap_or_else(|| self.add(name.to_owned(), Some(parent)))
    }

    pub(super) fn find_child(&self, name: &str, parent: ModuleIx) -> Option<ModuleIx> {
        self.modules.iter().position(|module| module.parent == Some(parent) && module.name == name)
    }

    /// `outer::inner`; empty for the root.
    pub(super) fn module_path(&self, module: ModuleIx) -> String {
        let Module { name, parent, .. } = &self.modules[module];
        match parent {
            None => String::new(),
            Some(ROOT) => name.clone(),
            Some(parent) => format!("{}::{name}", self.module_path(*parent)),
        }
    }

    fn add(&mut self, name: String, parent: Option<ModuleIx>) -> ModuleIx {
        self.modules.push(Module { name, parent, imports: Vec::new(), globs: Vec::new(), functions: Vec::new() });
        self.modules.len() - 1
    }
}
