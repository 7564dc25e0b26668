//! What lives as long as a worker, or as a run: values that its tests share, and what was leased for them.

use crate::model::lease::Leases;
use crate::model::made::Lastings;
use crate::model::store::Store;

/// What a worker, or a run, keeps for its tests.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) values: Store,
    /// What functions have made; it may use the rest, so it ends first.
    pub(crate) made: Lastings,
    pub(crate) leases: Leases,
}
