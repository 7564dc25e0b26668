//! Checks the structure of each of our packages: layers, cycles, names of types.

use super::imports::imports;
use super::layers::{self, CORE, KIT, LIBRARY, Layer};
use super::source_tree::SourceTree;
use super::{cycles, type_names};
use crate::dev::repository::File;

/// A package: the roots of its crates, and its layers, if it has any.
struct Package {
    roots: &'static [&'static str],
    layers: &'static [Layer],
}

const PACKAGES: [Package; 6] = [
    Package { roots: &["harness/src/lib.rs"], layers: &LIBRARY },
    Package { roots: &["harness/core/src/lib.rs"], layers: &CORE },
    Package { roots: &["harness/kit/src/lib.rs"], layers: &KIT },
    Package { roots: &["harness/macros/src/lib.rs"], layers: &[] },
    Package { roots: &["xtask/src/main.rs"], layers: &[] },
    Package {
        roots: &[
            "xtask/cargo-swimlanes/src/lib.rs",
            "xtask/cargo-swimlanes/src/main.rs",
            "xtask/cargo-swimlanes/tests/it/main.rs",
        ],
        layers: &[],
    },
];

pub(super) fn violations(files: &[File]) -> Vec<String> {
    let mut violations = Vec::new();
    for package in &PACKAGES {
        let mut trees = Vec::new();
        for root in package.roots {
            let (tree, unreadable) = SourceTree::read(root, files);
            let imports = imports(&tree);
            violations.extend(unreadable);
            violations.extend(layers::violations(package.layers, &tree, &imports));
            violations.extend(cycles::violations(&tree, &imports));
            trees.push(tree);
        }
        violations.extend(type_names::violations(&trees));
    }
    violations
}

#[cfg(test)]
mod tests;
