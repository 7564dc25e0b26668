//! The plan of a run: which cases run, in which order, and whether the suite is valid.

pub(crate) mod by_name;
#[cfg(feature = "filterset")]
pub mod filterset;
pub(crate) mod fixture_graph;
pub(crate) mod order;
pub(crate) mod select;
pub(crate) mod shard;
mod validate;
mod weight;

#[cfg(unix)]
use std::collections::HashMap;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use crate::model::config::{Dist, Order, Shard, ShardBy};
use crate::model::error::Error;
use crate::model::history::History;
#[cfg(unix)]
use crate::model::protocol::PlannedName;
use crate::model::seed::Seed;
use crate::model::tags::{Constraint, LockClaim, LockNamespace, Resource, capacity_of};
use crate::plan::select::{Choice, Selection};
use crate::plan::shard::ShardItem;
use crate::schedule::{JobSpec, Preference, Scheduler};
use crate::test_case::case::{Case, Ignore, ShouldPanic};

/// Added to the weight of a test that failed before, so that it starts before all others.
const FAILED_BEFORE: Duration = Duration::from_secs(1 << 20);

/// A case in the plan.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) case: &'static Case,
    pub(crate) name: &'static str,
    /// It is reported as ignored and does not run.
    pub(crate) is_ignored: bool,
    weight: Duration,
}

impl Planned {
    /// Whether libtest's mark for `#[should_panic]` follows the name.
    pub(crate) fn should_panic(&self) -> bool {
        match self.case.attributes().should_panic {
            ShouldPanic::No => false,
            ShouldPanic::Yes | ShouldPanic::With(_) => true,
        }
    }

    /// The locks that it needs before it starts.
    pub(crate) fn needs(&self) -> &'static [Constraint] {
        if self.is_ignored { &[] } else { self.case.attributes().needs }
    }

    /// What its shard depends on. An ignored test takes no time.
    fn shard_item(&self) -> ShardItem<'_> {
        let weight = if self.is_ignored { Duration::ZERO } else { self.weight };
        ShardItem { unit: self.case.attributes().group.unwrap_or(self.name), weight }
    }

    /// The reason in `#[ignore = "…"]`.
    pub(crate) fn ignore_reason(&self) -> Option<String> {
        match self.case.attributes().ignore {
            Ignore::No | Ignore::Yes => None,
            Ignore::Because(reason) => Some(reason.to_owned()),
        }
    }
}

/// A suite: its cases in the order of the source, and its counted resources.
#[derive(Debug, Clone, Default)]
pub(crate) struct Suite {
    pub(crate) cases: Vec<&'static Case>,
    pub(crate) resources: Vec<Resource>,
}

/// What a run needs to know of its cases.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In the order of the run.
    pub(crate) cases: Vec<Planned>,
    pub(crate) filtered_out: usize,
    /// Names that are given with `--exact` and match no test, each with similar names.
    pub(crate) unmatched: Vec<String>,
    resources: Vec<Resource>,
    order: Order,
    dist: Dist,
}

/// The options that decide about a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanOptions<'a> {
    pub(crate) selection: &'a Selection,
    pub(crate) filterset: Option<&'a HashSet<&'static str>>,
    /// The tests that failed in earlier runs: they start first.
    pub(crate) failed_before: &'a BTreeSet<String>,
    /// Whether only these run.
    pub(crate) only_failed: bool,
    pub(crate) shard: Option<Shard>,
    pub(crate) shard_by: ShardBy,
    /// The durations of the tests in earlier runs.
    pub(crate) history: &'a History,
    pub(crate) order: Order,
    pub(crate) seed: Seed,
    pub(crate) dist: Dist,
    /// Another process of the run has validated the suite.
    pub(crate) is_verified: bool,
}

impl Plan {
    /// The plan for `suite`.
    ///
    /// # Errors
    ///
    /// If the suite is invalid: two tests have the same name, or tags contradict each other.
    pub(crate) fn build(suite: &Suite, choices: PlanOptions<'_>) -> Result<Self, Error> {
        let names: Vec<&'static str> = suite.cases.iter().map(|case| case.name()).collect();
        if !choices.is_verified {
            validate::suite(&suite.cases, &names, &suite.resources)?;
        }
        let unmatched = validate::unmatched(choices.selection.exact_names(), &suite.cases);
        let weights = weight::weights(&suite.cases, choices.history);

        let mut cases = Vec::with_capacity(names.len());
        for ((&case, &name), weight) in suite.cases.iter().zip(&names).zip(weights) {
            let has_failed = choices.failed_before.contains(name);
            let is_wanted = choices.filterset.is_none_or(|selected| selected.contains(name))
                && (has_failed || !choices.only_failed);
            let weight = if has_failed { weight + FAILED_BEFORE } else { weight };
            let choice = choices.selection.choose(name, case.function(), case.is_ignored());
            if choice != Choice::FilterOut && is_wanted {
                let is_ignored = choice == Choice::Ignore;
                cases.push(Planned { case, name, is_ignored, weight });
            }
        }
        if let Some(shard) = choices.shard {
            let items: Vec<ShardItem<'_>> = cases.iter().map(Planned::shard_item).collect();
            let mut is_held = shard::holds(shard, choices.shard_by, &items).into_iter();
            cases.retain(|_| is_held.next().expect("one answer for each"));
        }
        let filtered_out = names.len() - cases.len();
        order::arrange(&mut cases, choices.order, choices.seed);
        if !choices.failed_before.is_empty() {
            // Stable: otherwise the order stays.
            cases.sort_by_key(|planned| !choices.failed_before.contains(planned.name));
        }
        let resources = suite.resources.clone();
        Ok(Self { cases, filtered_out, unmatched, resources, order: choices.order, dist: choices.dist })
    }

    /// A number that two plans share only if they have the same cases in the same order.
    #[cfg(unix)]
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = 0_u64;
        for planned in &self.cases {
            // Each factor is applied once for each case that follows, so the order matters. The factor is that of FNV-1a.
            digest = (digest ^ planned.case.hash()).wrapping_mul(0x0000_0100_0000_01b3);
        }
        digest
    }

    /// The names of its cases, for a process with another plan.
    #[cfg(unix)]
    pub(crate) fn names(&self) -> Vec<PlannedName> {
        let cases = self.cases.iter();
        cases.map(|planned| PlannedName { name: planned.name.to_owned(), is_ignored: planned.is_ignored }).collect()
    }

    /// The plan of another process, with the cases of these names in this process. `missing` makes a replacement for a name that no case
    /// has.
    #[cfg(unix)]
    pub(crate) fn from_names(
        names: &[PlannedName],
        suite: &Suite,
        history: &History,
        (order, dist): (Order, Dist),
        missing: impl Fn(&str) -> &'static Case,
    ) -> Self {
        let cases = suite.cases.iter().copied().zip(weight::weights(&suite.cases, history));
        let known: HashMap<&str, (&'static Case, Duration)> =
            cases.map(|(case, weight)| (case.name(), (case, weight))).collect();
        let planned = |named: &PlannedName| {
            let known = known.get(&*named.name).copied();
            let (case, weight) = known.unwrap_or_else(|| (missing(&named.name), Duration::ZERO));
            Planned { case, name: case.name(), is_ignored: named.is_ignored, weight }
        };
        let cases = names.iter().map(planned).collect();
        Self { cases, resources: suite.resources.clone(), order, dist, ..Self::default() }
    }

    /// The number of units of this lock, if it is a counted resource.
    pub(crate) fn capacity(&self, lock: &LockClaim) -> Option<u32> {
        match lock.domain {
            LockNamespace::Resource => capacity_of(lock.name, &self.resources),
            LockNamespace::Serial | LockNamespace::File | LockNamespace::Group => None,
        }
    }

    /// The plan of a single case; the rest of the suite is not read.
    pub(crate) fn one_name(case: &'static Case, resources: Vec<Resource>) -> Self {
        let name = case.name();
        let cases = vec![Planned { case, name, is_ignored: false, weight: Duration::ZERO }];
        Self { cases, resources, ..Self::default() }
    }

    /// A scheduler for one iteration.
    pub(crate) fn scheduler(&self, workers: usize) -> Scheduler {
        fn ask(planned: &Planned, dist: Dist) -> JobSpec<'_> {
            if planned.is_ignored {
                return JobSpec { needs: planned.needs(), group: None, weight: planned.weight };
            }
            let module = || planned.case.in_module().0;
            let group = planned.case.attributes().group.or_else(|| (dist == Dist::Loadscope).then(module));
            JobSpec { needs: planned.needs(), group, weight: planned.weight }
        }
        let asks: Vec<JobSpec<'_>> = self.cases.iter().map(|planned| ask(planned, self.dist)).collect();
        // With one worker, or if an order is given, the list is the order.
        let preference = match self.order {
            Order::Planned if workers > 1 && self.dist != Dist::Worksteal => Preference::LongestChain,
            Order::Planned | Order::Reversed | Order::Shuffled => Preference::Listed,
        };
        Scheduler::new(&asks, workers, preference, self.dist, &|lock| self.capacity(lock))
    }
}
