//! Where a case runs, and who is told.

use crate::model::config::RunConfig;
use crate::model::event::Event;
use crate::model::lease::Leases;
use crate::model::scope::Scope;
use crate::model::worker::{Slot, Worker};
use crate::platform::capture::Sink;
use crate::platform::clock::Clock;
use crate::run::watch::Watch;

/// Where a case runs, and who is told.
pub(crate) struct Site<'a> {
    pub(crate) config: &'a RunConfig,
    pub(crate) clock: Clock,
    pub(crate) slot: Slot,
    pub(crate) worker: &'a Worker,
    pub(crate) of_run: &'a Scope,
    pub(crate) of_worker: &'a Scope,
    /// What the attempt that runs has leased.
    pub(crate) leases: &'a Leases,
    pub(crate) sink: &'a Sink,
    /// Who watches the clock.
    pub(crate) watch: Option<&'a Watch>,
    pub(crate) tell: &'a dyn Fn(Event),
}
