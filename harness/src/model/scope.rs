//! What lives as long as a worker, or as a run: values that its tests share, and what was leased for them.

use crate::model::lease::Leases;
use crate::model::store::Store;

/// What a worker, or a run, keeps for its tests.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) values: Store,
    pub(crate) leases: Leases,
}
