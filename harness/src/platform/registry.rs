//! The tests and resources that the macros registered, wherever they stand in the crate.

use std::cmp::Ordering;

use crate::model::case::Case;
use crate::model::tags::Resource;

inventory::collect!(Case);
inventory::collect!(Resource);

/// All tests, in the order of the source: by file, then line. The linker's own order means nothing.
pub(crate) fn cases() -> Vec<&'static Case> {
    let mut cases: Vec<&Case> = inventory::iter::<Case>.into_iter().collect();
    cases.sort_by(|a, b| {
        let (a, b) = (&a.location, &b.location);
        // Most are in one file, and its name is one text: nothing to compare.
        let files = if std::ptr::eq(a.file, b.file) { Ordering::Equal } else { a.file.cmp(b.file) };
        files.then_with(|| (a.line, a.column).cmp(&(b.line, b.column)))
    });
    cases
}

/// The test of this name, without looking further than needed.
#[expect(
    clippy::manual_find,
    reason = "each start under nextest comes here; in debug builds a loop takes half as long"
)]
pub(crate) fn find(name: &str) -> Option<&'static Case> {
    for case in inventory::iter::<Case> {
        if case.is_named(name) {
            return Some(case);
        }
    }
    None
}

/// All counted resources.
pub(crate) fn resources() -> Vec<Resource> {
    inventory::iter::<Resource>.into_iter().copied().collect()
}
