//! Reads a crate: the files of its modules, the paths that each file uses, and the types that it defines. Judges nothing.
//!
//! Modules are found as the compiler finds them: from the root, by `mod` and `#[path]`. The arguments of macros are tokens without a
//! grammar, so every `a::b` in them counts, except in `quote!` and `#[macro_export]`, which generate code for other crates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Ident, Item, ItemMacro, ItemMod, ItemUse, Lit, Meta, UseTree, Visibility};

use super::cfg::conditions;
use crate::dev::repository::File;

/// A path from the root of its crate, without `crate`. The root is the empty one.
pub(super) type ModulePath = Vec<String>;

/// A crate.
#[derive(Debug, Default)]
pub(super) struct SourceTree {
    pub(super) files: Vec<SourceFile>,
    pub(super) modules: BTreeMap<ModulePath, Module>,
    /// Macros with `#[macro_export]`, which belong to the root wherever they are defined. Maps names to indices of files.
    pub(super) exported_macros: BTreeMap<String, BTreeSet<usize>>,
}

/// A file and its contents.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    /// The module of the file; modules in braces are part of it.
    pub(super) module: ModulePath,
    pub(super) uses: Vec<PathUse>,
    pub(super) types: Vec<TypeDefinition>,
}

/// A module. Two files are one module if `cfg` chooses between them.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Indices of files.
    pub(super) files: BTreeSet<usize>,
    /// The names that `use` imports into the module, and their paths.
    pub(super) aliases: BTreeMap<String, Vec<String>>,
}

/// A path of two or more names, as it is written.
#[derive(Debug)]
pub(super) struct PathUse {
    pub(super) module: ModulePath,
    pub(super) line: usize,
    pub(super) names: Vec<String>,
}

/// A type that is defined in a module, and not in a function.
#[derive(Debug)]
pub(super) struct TypeDefinition {
    pub(super) name: String,
    pub(super) line: usize,
    /// The `cfg` conditions under which it is compiled.
    pub(super) conditions: BTreeSet<String>,
}

impl SourceTree {
    /// Reads the crate with this root. Also returns a violation for each file that cannot be read.
    pub(super) fn read(root: &str, files: &[File]) -> (Self, Vec<String>) {
        let texts = files.iter().map(|file| (file.path.as_path(), file.text.as_str())).collect();
        let mut reader = Reader { texts, tree: Self::default(), violations: Vec::new() };
        let root = Path::new(root);
        if reader.texts.contains_key(root) {
            reader.file(root, root.parent().unwrap_or(root), Vec::new(), BTreeSet::new());
        }
        (reader.tree, reader.violations)
    }
}

struct Reader<'a> {
    texts: BTreeMap<&'a Path, &'a str>,
    tree: SourceTree,
    violations: Vec<String>,
}

impl Reader<'_> {
    /// `directory` contains the files of the file's modules.
    fn file(&mut self, path: &Path, directory: &Path, module: ModulePath, conditions: BTreeSet<String>) {
        let Some(text) = self.texts.get(path) else {
            self.violations.push(format!("{}: a `mod` names this file, which does not exist", path.display()));
            return;
        };
        let parsed = match syn::parse_file(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let line = error.span().start().line;
                self.violations.push(format!("{}:{line}: cannot be parsed: {error}", path.display()));
                return;
            }
        };
        let ix = self.tree.files.len();
        let (uses, types) = (Vec::new(), Vec::new());
        self.tree.files.push(SourceFile { path: path.to_owned(), module: module.clone(), uses, types });
        let mut reader = FileReader { reader: self, ix, directory: directory.to_owned(), module, conditions };
        reader.enter();
        reader.visit_file(&parsed);
    }
}

/// Visits the syntax of one file.
struct FileReader<'r, 'a> {
    reader: &'r mut Reader<'a>,
    ix: usize,
    directory: PathBuf,
    module: ModulePath,
    conditions: BTreeSet<String>,
}

impl FileReader<'_, '_> {
    fn enter(&mut self) {
        self.reader.tree.modules.entry(self.module.clone()).or_default().files.insert(self.ix);
    }

    fn uses(&mut self, span: Span, names: Vec<String>) {
        if names.len() > 1 {
            let (module, line) = (self.module.clone(), span.start().line);
            self.reader.tree.files[self.ix].uses.push(PathUse { module, line, names });
        }
    }

    fn defines(&mut self, name: &Ident, attributes: &[Attribute]) {
        let conditions = self.conditions.iter().cloned().chain(conditions(attributes)).collect();
        let (name, line) = (name.to_string(), name.span().start().line);
        self.reader.tree.files[self.ix].types.push(TypeDefinition { name, line, conditions });
    }

    /// Records the types that the items of a module define.
    fn definitions(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Struct(item) => self.defines(&item.ident, &item.attrs),
                Item::Enum(item) => self.defines(&item.ident, &item.attrs),
                Item::Union(item) => self.defines(&item.ident, &item.attrs),
                Item::Trait(item) => self.defines(&item.ident, &item.attrs),
                Item::Type(item) => self.defines(&item.ident, &item.attrs),
                _ => {}
            }
        }
    }

    fn use_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: &Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.use_tree(&with(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(prefix, tree)),
            UseTree::Name(name) if name.ident == "self" => self.brings(prefix.last(), name.ident.span(), prefix),
            UseTree::Name(name) => self.brings(Some(&name.ident.to_string()), name.ident.span(), &with(&name.ident)),
            UseTree::Rename(name) if name.ident == "self" => {
                self.brings(Some(&name.rename.to_string()), name.rename.span(), prefix);
            }
            UseTree::Rename(name) => {
                self.brings(Some(&name.rename.to_string()), name.rename.span(), &with(&name.ident));
            }
            UseTree::Glob(glob) => {
                let span = glob.star_token.spans[0];
                // The star means the names in the module.
                self.uses(span, [prefix, &["*".to_owned()]].concat());
            }
        }
    }

    fn brings(&mut self, name: Option<&String>, span: Span, names: &[String]) {
        let module = self.reader.tree.modules.entry(self.module.clone()).or_default();
        if let Some(name) = name {
            module.aliases.insert(name.clone(), names.to_vec());
        }
        match names {
            // `use child;` has one name, and is an import.
            [name] => self.uses(span, vec!["self".to_owned(), name.clone()]),
            names => self.uses(span, names.to_vec()),
        }
    }

    /// Every `a::b` among the tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut names: Vec<Ident> = Vec::new();
        // The number of colons since the last name.
        let mut n_colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    // Two colons without a name before them begin a path in another crate.
                    if n_colons != 2 {
                        self.flush(&mut names);
                    }
                    if n_colons != 2 || !names.is_empty() {
                        names.push(name);
                    }
                    n_colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => n_colons += 1,
                other => {
                    self.flush(&mut names);
                    n_colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.flush(&mut names);
    }

    fn flush(&mut self, names: &mut Vec<Ident>) {
        if let Some(first) = names.first() {
            let span = first.span();
            self.uses(span, names.iter().map(Ident::to_string).collect());
        }
        names.clear();
    }
}

impl<'ast> Visit<'ast> for FileReader<'_, '_> {
    fn visit_file(&mut self, file: &'ast syn::File) {
        self.definitions(&file.items);
        visit::visit_file(self, file);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let mut module = self.module.clone();
        module.push(item.ident.to_string());
        let conditions: BTreeSet<String> = self.conditions.iter().cloned().chain(conditions(&item.attrs)).collect();
        let directory = self.directory.join(item.ident.to_string());
        match &item.content {
            None => {
                let path = match path_attribute(&item.attrs) {
                    Some(path) => {
                        // The path is relative to the file, not to the directory of its modules.
                        let own = self.reader.tree.files[self.ix].path.clone();
                        own.with_file_name(path)
                    }
                    None => directory.with_extension("rs"),
                };
                self.reader.file(&path, &directory, module, conditions);
            }
            Some((_, items)) => {
                let outside = (
                    std::mem::replace(&mut self.module, module),
                    std::mem::replace(&mut self.conditions, conditions),
                    std::mem::replace(&mut self.directory, directory),
                );
                self.enter();
                self.definitions(items);
                visit::visit_item_mod(self, item);
                (self.module, self.conditions, self.directory) = outside;
            }
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.use_tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first().filter(|_| path.leading_colon.is_none()) {
            let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.uses(first.ident.span(), names);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        let is_exported = item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
        if let Some(name) = item.ident.as_ref().filter(|_| is_exported) {
            self.reader.tree.exported_macros.entry(name.to_string()).or_default().insert(self.ix);
        } else {
            visit::visit_item_macro(self, item);
        }
    }

    // `pub(in crate::a)` imports nothing.
    fn visit_visibility(&mut self, _visibility: &'ast Visibility) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        let name = call.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if !name.contains("quote") {
            self.tokens(call.tokens.clone());
        }
    }
}

/// The text of `#[path = "text"]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let values = attributes.iter().filter(|attribute| attribute.path().is_ident("path"));
    values.into_iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}
