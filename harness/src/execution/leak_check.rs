//! Counts what each attempt leaves behind, where nothing else runs beside it: in a process of one worker.

use std::cell::{Cell, RefCell};

use crate::fixture::scope_state::ScopeState;
use crate::lane::worker_lane::Lane;
use crate::model::config::{Leak, RunConfig};
use crate::model::leaks::{LeakNames, Leaks};
use crate::os::leaked::Inventory;
use crate::os::process_counts::{Counts, ProcessCounts};

/// Counts before and after.
#[derive(Debug)]
pub(crate) struct LeakCheck {
    process_counts: ProcessCounts,
    /// What is made once for the worker or the run, and so outlives the attempt that happened to ask first.
    shared_counts: Cell<Counts>,
    shared_files: Cell<usize>,
    is_making_shared: Cell<bool>,
    /// The counts after the previous attempt. Since then, only leaked threads and processes have run.
    last: Cell<Option<Counts>>,
    /// What there was before the tests, and what was found since, so that a leak can be named.
    known: RefCell<Inventory>,
}

/// What there was before an attempt.
pub(crate) struct Before {
    count: Counts,
    files: usize,
}

impl LeakCheck {
    /// `None` with `--leak ignore`, or if the system has no counts.
    pub(crate) fn new(config: &RunConfig) -> Option<Self> {
        if config.leak == Leak::Ignore {
            return None;
        }
        let process_counts = ProcessCounts::open()?;
        Some(Self {
            process_counts,
            shared_counts: Cell::default(),
            shared_files: Cell::default(),
            is_making_shared: Cell::default(),
            last: Cell::default(),
            known: RefCell::new(Inventory::take()),
        })
    }

    /// An attempt is about to begin.
    pub(crate) fn begin(&self, worker_scope: &ScopeState) -> Before {
        self.shared_counts.set(Counts::default());
        self.shared_files.set(0);
        let count = self.last.take().unwrap_or_else(|| self.process_counts.count());
        Before { count, files: files(worker_scope) }
    }

    /// What is made here stays. Something of the kind may make something else of the kind.
    pub(crate) fn make_shared(&self, worker_scope: &ScopeState, make: &mut dyn FnMut()) {
        if self.is_making_shared.replace(true) {
            return make();
        }
        let _outermost = Outermost(&self.is_making_shared);
        let (before, files_before) = (self.process_counts.count(), files(worker_scope));
        make();
        self.shared_counts.set(self.shared_counts.get() + self.process_counts.count() - before);
        self.shared_files.set(self.shared_files.get() + files(worker_scope).saturating_sub(files_before));
        self.known.replace(Inventory::take());
    }

    /// The attempt is over, and has given back what it leased.
    pub(crate) fn end(&self, before: &Before, worker_scope: &ScopeState) -> Leaks {
        let (leaked, now) = self.process_counts.more_than(before.count + self.shared_counts.get());
        self.last.set(Some(now));
        let number = |n: i64| u32::try_from(n).unwrap_or(0);
        let files = files(worker_scope).saturating_sub(before.files + self.shared_files.get());
        let mut leaks = Leaks {
            threads: number(leaked.threads),
            processes: number(leaked.processes),
            descriptors: number(leaked.descriptors),
            files: u32::try_from(files).unwrap_or(u32::MAX),
            names: LeakNames::default(),
        };
        if !leaks.is_none() {
            leaks.names = self.known.borrow().names_of(&leaks);
            self.known.replace(Inventory::take());
        }
        leaks
    }
}

struct Outermost<'a>(&'a Cell<bool>);

impl Drop for Outermost<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

fn files(worker_scope: &ScopeState) -> usize {
    worker_scope.values.get::<Lane>().map_or(0, |lane| lane.n_files())
}
