//! Classes of tests with the same needs, each with one queue.

use std::collections::{HashMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::time::Duration;

use crate::model::event::CaseIx;
use crate::model::tags::{Constraint, LockClaim};
use crate::model::worker::Slot;
use crate::schedule::ask::{JobSpec, Preference};
use crate::schedule::index::{ClassIx, Key, QueueIx};
use crate::schedule::locks::Locks;
use crate::schedule::ready::{QueueEnd, Rank};

/// A test that has not been started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) ix: CaseIx,
    pub(super) weight: Duration,
}

/// Tests with the same needs.
#[derive(Debug)]
pub(super) struct JobClass {
    pub(super) keys: Vec<Key>,
    /// Whether the tests tolerate no other.
    pub(super) alone: bool,
    /// The worker whose share of the list the tests are from.
    pub(super) home: Option<Slot>,
    /// The queue that it is in, and its rank there.
    pub(super) place: Option<(QueueIx, Rank)>,
    queue: VecDeque<Pending>,
    /// Since when a free worker could not start it.
    blocked: Option<Duration>,
}

/// Whether a worker prefers this test to others of the class.
pub(super) type IsWanted<'a> = &'a dyn Fn(CaseIx) -> bool;

impl JobClass {
    pub(super) fn rank(&self, locks: &Locks, preference: Preference) -> Rank {
        self.rank_by(|| locks.longest_chain(&self.keys), preference)
    }

    /// The rank among the classes that need this key, too. The work of the key itself is the same for all of them and
    /// left out.
    pub(super) fn rank_among(&self, key: Key, locks: &Locks, preference: Preference) -> Rank {
        self.rank_by(|| locks.longest_chain_besides(key, &self.keys), preference)
    }

    fn rank_by(&self, chain: impl FnOnce() -> Duration, preference: Preference) -> Rank {
        let first = self.queue.front();
        let position = first.map_or(u32::MAX, |pending| pending.ix.0);
        match preference {
            Preference::Listed => Rank { late: false, chain: Duration::MAX, position },
            Preference::LongestChain => {
                let own = first.map_or(Duration::ZERO, |pending| pending.weight);
                let chain = own.max(chain());
                Rank { late: self.alone, chain: Duration::MAX - chain, position }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = CaseIx> {
        self.queue.iter().map(|pending| pending.ix)
    }

    fn is_of(&self, kind: &ClassKind) -> bool {
        self.keys == kind.keys && self.alone == kind.alone && self.home == kind.home
    }

    /// A free worker could not start the class.
    pub(super) fn blocked(&mut self, now: Duration) {
        self.blocked.get_or_insert(now);
    }

    /// Takes the next test, a wanted one if possible, and returns how long it was blocked.
    pub(super) fn take(
        &mut self,
        end: QueueEnd,
        now: Duration,
        is_wanted: Option<IsWanted<'_>>,
    ) -> (Pending, Duration) {
        let found = is_wanted.and_then(|is_wanted| match end {
            QueueEnd::Front => self.queue.iter().position(|pending| is_wanted(pending.ix)),
            QueueEnd::Back => self.queue.iter().rposition(|pending| is_wanted(pending.ix)),
        });
        let pending = match (found, end) {
            (Some(found), _) => self.queue.remove(found),
            (None, QueueEnd::Front) => self.queue.pop_front(),
            (None, QueueEnd::Back) => self.queue.pop_back(),
        };
        let pending = pending.expect("a class is offered only while it has cases");
        let queued = self.blocked.take().map_or(Duration::ZERO, |since| now.saturating_sub(since));
        (pending, queued)
    }
}

#[derive(Debug)]
pub(super) struct Classes {
    classes: Vec<JobClass>,
    for_case: Vec<(ClassIx, Duration)>,
    pub(super) preference: Preference,
    /// The total duration of all waiting tests.
    pub(super) remaining: Duration,
}

/// The properties that all tests of a class share.
#[derive(PartialEq, Eq, Hash)]
struct ClassKind {
    keys: Vec<Key>,
    alone: bool,
    home: Option<Slot>,
}

impl Classes {
    /// Sorts the tests into classes. With `homes`, each of that many workers gets an equal share of the list.
    pub(super) fn new(
        asks: &[JobSpec<'_>],
        preference: Preference,
        homes: Option<usize>,
        locks: &mut Locks,
        capacity: &dyn Fn(&LockClaim) -> Option<u32>,
    ) -> Self {
        let mut groups = HashMap::new();
        let mut kinds: HashMap<ClassKind, ClassIx> = HashMap::new();
        let mut classes: Vec<JobClass> = Vec::new();
        let mut for_case = Vec::with_capacity(asks.len());
        for (position, ask) in asks.iter().enumerate() {
            let ix = CaseIx(u32::try_from(position).expect("the plan refuses more cases than fit"));
            let home = homes.map(|workers| Slot((position * workers / asks.len()) as u32));
            let mut kind = ClassKind { keys: Vec::new(), alone: false, home };
            for need in ask.needs {
                match need {
                    Constraint::Serial | Constraint::NoParallel => kind.alone = true,
                    Constraint::Lock(lock) => kind.keys.push(locks.key(lock, capacity(lock))),
                }
            }
            if let Some(group) = ask.group {
                kind.keys.push(*groups.entry(group).or_insert_with(|| locks.group_key()));
            }
            kind.keys.sort_unstable();
            locks.add_demand(&kind.keys, ask.weight);
            // Most tests have the same needs as the previous one, and comparing is cheaper than hashing.
            let as_before = for_case.last().map(|&(ix, _): &(ClassIx, _)| ix).filter(|ix| classes[ix.0].is_of(&kind));
            let class_ix = as_before.unwrap_or_else(|| {
                *kinds.entry(kind).or_insert_with_key(|kind| {
                    let queue = VecDeque::new();
                    classes.push(JobClass {
                        keys: kind.keys.clone(),
                        alone: kind.alone,
                        home,
                        place: None,
                        queue,
                        blocked: None,
                    });
                    ClassIx(classes.len() - 1)
                })
            });
            classes[class_ix.0].queue.push_back(Pending { ix, weight: ask.weight });
            for_case.push((class_ix, ask.weight));
        }
        if preference == Preference::LongestChain {
            // Tests that exclude each other take equally long in any order, so they keep that of the list, as the tests of a group must.
            let is_parallel = |class: &&mut JobClass| !class.keys.iter().any(|key| key.is_exclusive());
            for class in classes.iter_mut().filter(is_parallel) {
                // A stable sort: tests of the same weight keep the order of the list.
                class.queue.make_contiguous().sort_by_key(|pending| std::cmp::Reverse(pending.weight));
            }
        }
        let remaining = asks.iter().fold(Duration::ZERO, |sum, ask| sum.saturating_add(ask.weight));
        Self { classes, for_case, preference, remaining }
    }

    pub(super) fn of(&self, case: CaseIx) -> ClassIx {
        self.for_case[case.ix()].0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ClassIx, &JobClass)> {
        self.classes.iter().enumerate().map(|(ix, class)| (ClassIx(ix), class))
    }

    /// A test that was taken but not started becomes the next one of its class again.
    pub(super) fn put_back(&mut self, case: CaseIx, locks: &mut Locks) {
        let (class_ix, weight) = self.for_case[case.ix()];
        let class = &mut self.classes[class_ix.0];
        locks.add_demand(&class.keys, weight);
        self.remaining = self.remaining.saturating_add(weight);
        class.queue.push_front(Pending { ix: case, weight });
    }
}

impl Index<ClassIx> for Classes {
    type Output = JobClass;

    fn index(&self, ix: ClassIx) -> &JobClass {
        &self.classes[ix.0]
    }
}

impl IndexMut<ClassIx> for Classes {
    fn index_mut(&mut self, ix: ClassIx) -> &mut JobClass {
        &mut self.classes[ix.0]
    }
}
