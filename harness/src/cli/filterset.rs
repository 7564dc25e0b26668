//! `-E` in the suite itself: selects the tests that match an expression.

use std::collections::{BTreeSet, HashSet};

use crate::cli::list;
use crate::model::error::Error;
use crate::model::target::Target;
use crate::plan::Suite;
use crate::plan::filterset::{Binary, Filterset};

/// The names of the tests that `text` selects.
///
/// # Errors
///
/// If the expression is invalid.
pub(crate) fn matching(text: &str, suite: &Suite, target: Option<Target>) -> Result<HashSet<&'static str>, Error> {
    let binary = target.map_or_else(
        || Binary::alone("suite", "suite", "test"),
        |target| Binary::alone(target.package, target.name(), target.kind()),
    );
    let tags: Vec<(&'static str, Vec<String>)> =
        suite.cases.iter().map(|case| (case.name(), list::tags(case))).collect();
    let all: BTreeSet<String> = tags.iter().flat_map(|(_, tags)| tags.iter().cloned()).collect();
    let filterset = Filterset::parse(text, &binary.metadata(), &all)?;
    let selected = tags.into_iter().filter(|(name, tags)| filterset.selects(&binary, name, tags));
    Ok(selected.map(|(name, _)| name).collect())
}
