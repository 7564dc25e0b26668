//! Checks that no type name is defined twice in a package, including its tests. Definitions that `cfg` never compiles together count as
//! one.

use std::collections::BTreeMap;
use std::path::Path;

use super::cfg::exclude_each_other;
use super::source_tree::{SourceTree, TypeDefinition};

/// One violation for each name, with all its definitions.
pub(super) fn violations(trees: &[SourceTree]) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Vec<(&Path, &TypeDefinition)>> = BTreeMap::new();
    for file in trees.iter().flat_map(|tree| &tree.files) {
        for definition in &file.types {
            by_name.entry(&definition.name).or_default().push((&file.path, definition));
        }
    }
    by_name.iter().filter_map(|(name, definitions)| violation(name, definitions)).collect()
}

fn violation(name: &str, definitions: &[(&Path, &TypeDefinition)]) -> Option<String> {
    let is_twice = |(ix, (_, definition)): &(usize, &(&Path, &TypeDefinition))| {
        let mut others = definitions.iter().enumerate().filter(|(other, _)| other != ix);
        others.any(|(_, (_, other))| !exclude_each_other(&definition.conditions, &other.conditions))
    };
    let twice = definitions.iter().enumerate().filter(is_twice);
    let places: Vec<String> =
        twice.map(|(_, (path, definition))| format!("{}:{}", path.display(), definition.line)).collect();
    let (first, others) = places.split_first()?;
    let others = others.join(", ");
    Some(format!("{first}: the type name `{name}` is also defined in {others}; give each type its own name"))
}
