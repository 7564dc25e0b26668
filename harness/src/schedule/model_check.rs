//! The scheduler against a model that is too simple to be wrong: a list of what runs, and every pair compared.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;

use crate::model::config::Dist;
use crate::model::event::CaseIx;
use crate::model::tags::{Access, Constraint, LockClaim, LockNamespace};
use crate::model::worker::Slot;
use crate::schedule::ask::{JobSpec, Next, Preference};
use crate::schedule::{RetryRequest, Scheduler};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const CAPACITY: u32 = 3;
const LONGEST_REST: u64 = 30;

#[derive(Debug, Clone)]
struct TestCase {
    needs: Vec<Constraint>,
    group: Option<&'static str>,
    weight: u64,
}

/// The next step of the simulated run. Indices are taken modulo the number of candidates.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ask(usize),
    /// Exactly this worker, if it is idle.
    AskThis(usize),
    Finish(usize),
    /// The worker of the test asks at once.
    FinishAndAsk(usize),
    GiveUp(usize),
    EndLate(usize),
    /// The test that was just started on some worker finds its lock held by another process.
    Refuse(usize),
    FreeElsewhere(usize),
    /// A running test is to be retried after this many milliseconds, in this way.
    Again(usize, u64, Retry),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    Anywhere,
    Elsewhere,
    Alone,
}

/// The model: what each worker runs, and which tests were abandoned.
struct Model<'a> {
    cases: &'a [TestCase],
    running: BTreeMap<Slot, usize>,
    abandoned: Vec<usize>,
    pending: Vec<usize>,
    group_owner: BTreeMap<&'static str, Slot>,
    elsewhere: Vec<LockClaim>,
    /// For pending tests: when they may be retried, and whether alone.
    again: BTreeMap<usize, RetryRequest>,
    /// Running or abandoned tests that run alone although their tags do not require it.
    alone: BTreeSet<usize>,
    now: Duration,
}

impl Model<'_> {
    fn holders(&self) -> impl Iterator<Item = usize> {
        self.running.values().chain(&self.abandoned).copied()
    }

    /// Whether the test must still wait for its backoff delay, or for the others.
    fn is_postponed(&self, case: usize) -> bool {
        self.again.get(&case).is_some_and(|again| {
            let is_alone = |case| self.again.get(case).is_some_and(|again| again.alone);
            let is_last = self.pending.iter().all(is_alone) && self.holders().next().is_none();
            again.not_before > self.now || (again.alone && !is_last)
        })
    }

    fn is_admissible(&self, case: usize, worker: Slot) -> bool {
        if self.is_postponed(case) || !self.alone.is_empty() {
            return false;
        }
        let this = &self.cases[case];
        let owner = this.group.and_then(|group| self.group_owner.get(group));
        let is_held_elsewhere = locks(this)
            .any(|lock| self.elsewhere.iter().any(|other| (other.domain, other.name) == (lock.domain, lock.name)));
        owner.is_none_or(|&owner| owner == worker)
            && !is_held_elsewhere
            && self.holders().all(|other| !conflict(this, &self.cases[other]))
            && locks(this).all(|lock| self.units_of(lock) + units(lock) <= CAPACITY)
    }

    /// Whether the worker may get the test: the test does not avoid it, or it could start no other test.
    fn is_wanted(&self, case: usize, worker: Slot) -> bool {
        let is_unwanted = |case: usize| self.again.get(&case).is_some_and(|it| it.avoid_worker == Some(worker));
        !is_unwanted(case)
            || !self.pending.iter().any(|&other| !is_unwanted(other) && self.is_admissible(other, worker))
    }

    fn units_of(&self, lock: &LockClaim) -> u32 {
        let others = self.holders().flat_map(|other| locks(&self.cases[other]));
        others.filter(|other| (other.domain, other.name) == (lock.domain, lock.name)).map(units).sum()
    }

    fn admissible(&self, worker: Slot) -> Option<usize> {
        self.pending.iter().copied().find(|&case| self.is_admissible(case, worker))
    }
}

fn locks(case: &TestCase) -> impl Iterator<Item = &LockClaim> {
    case.needs.iter().filter_map(|need| match need {
        Constraint::Lock(lock) => Some(lock),
        Constraint::Serial | Constraint::NoParallel => None,
    })
}

fn units(lock: &LockClaim) -> u32 {
    match lock.access {
        Access::Units(n) => n.get(),
        Access::Exclusive | Access::Shared => 0,
    }
}

fn is_alone(case: &TestCase) -> bool {
    case.needs.iter().any(|need| matches!(need, Constraint::Serial | Constraint::NoParallel))
}

/// Whether the guarantees of the tags forbid that the two overlap in one process.
fn conflict(a: &TestCase, b: &TestCase) -> bool {
    let lock_conflict = locks(a).any(|x| {
        locks(b).any(|y| {
            (x.domain, x.name) == (y.domain, y.name) && (x.access == Access::Exclusive || y.access == Access::Exclusive)
        })
    });
    is_alone(a) || is_alone(b) || lock_conflict || (a.group.is_some() && a.group == b.group)
}

fn simulate(cases: &[TestCase], workers: usize, preference: Preference, dist: Dist, steps: &[Step]) {
    let asks: Vec<JobSpec<'_>> = cases
        .iter()
        .map(|case| JobSpec { needs: &case.needs, group: case.group, weight: Duration::from_millis(case.weight) })
        .collect();
    let mut scheduler = Scheduler::new(&asks, workers, preference, dist, &|_| Some(CAPACITY));
    let mut model = Model {
        cases,
        running: BTreeMap::new(),
        abandoned: Vec::new(),
        pending: (0..cases.len()).collect(),
        group_owner: BTreeMap::new(),
        elsewhere: Vec::new(),
        again: BTreeMap::new(),
        alone: BTreeSet::new(),
        now: Duration::ZERO,
    };
    let mut started = vec![0_u32; cases.len()];
    let mut now = Duration::ZERO;
    // First the random steps. Then the steps that bring the run to its end: other processes release their locks, each
    // idle worker asks, one test finishes, and so on until nothing happens any more.
    let thaw = (0..2 * NAMES.len()).map(|_| Step::FreeElsewhere(0));
    let iteration = (0..workers).map(Step::AskThis).chain([Step::Finish(0)]);
    let drain = iteration.cycle().take((workers + 1) * (cases.len() + workers + 2));
    let rests = std::iter::repeat_n(Step::AskThis(0), 2 * LONGEST_REST as usize);
    let mut next = None;
    let mut steps = steps.iter().copied().chain(thaw).chain(rests).chain(drain);
    while let Some(step) = next.take().or_else(|| steps.next()) {
        now += Duration::from_millis(1);
        model.now = now;
        match step {
            Step::Ask(n) | Step::AskThis(n) => {
                let all = (0..workers as u32).map(Slot);
                let idle: Vec<Slot> = match step {
                    Step::AskThis(n) => vec![Slot(n as u32)],
                    _ => all.filter(|worker| !model.running.contains_key(worker)).collect(),
                };
                let Some(&worker) = idle.get(n % idle.len().max(1)) else { continue };
                if model.running.contains_key(&worker) {
                    continue;
                }
                match scheduler.next(worker, now) {
                    Next::Start { case: CaseIx(case), .. } => {
                        let case = case as usize;
                        assert!(model.pending.contains(&case), "case {case} was started twice");
                        assert!(model.is_admissible(case, worker), "case {case} breaks a promise on {worker:?}");
                        assert!(model.is_wanted(case, worker), "case {case} has another choice than {worker:?}");
                        model.pending.retain(|&other| other != case);
                        model.running.insert(worker, case);
                        if model.again.get(&case).is_some_and(|again| again.alone) {
                            model.alone.insert(case);
                        }
                        if let Some(group) = cases[case].group {
                            model.group_owner.insert(group, worker);
                        }
                        if let Some(again) = model.again.get_mut(&case) {
                            again.avoid_worker = None;
                        }
                        started[case] += 1;
                    }
                    Next::Wait => {
                        assert_eq!(model.admissible(worker), None, "{worker:?} waits although it could start this");
                    }
                    Next::Done => {
                        assert_eq!(model.admissible(worker), None, "{worker:?} is done although it could start this");
                        let is_blocked = !model.alone.is_empty() || model.holders().any(|case| is_alone(&cases[case]));
                        let rests =
                            |case: &usize| model.again.get(case).is_some_and(|it| !it.alone && it.not_before > now);
                        let can_change = !model.elsewhere.is_empty() || model.pending.iter().any(rests);
                        let is_over = model.pending.is_empty()
                            || (model.running.is_empty() && !model.abandoned.is_empty() && (!can_change || is_blocked));
                        assert!(is_over, "{worker:?} is done while something can change: {:?}", model.pending);
                    }
                }
            }
            Step::Finish(n) | Step::FinishAndAsk(n) => {
                let Some(worker) = pick(model.running.keys(), n) else { continue };
                let case = model.running.remove(&worker).expect("it was just listed");
                model.alone.remove(&case);
                scheduler.finished(CaseIx(case as u32));
                let and_asks = matches!(step, Step::FinishAndAsk(_));
                next = and_asks.then_some(Step::AskThis(worker.ix()));
            }
            Step::GiveUp(n) => {
                let Some(worker) = pick(model.running.keys(), n) else { continue };
                model.abandoned.push(model.running.remove(&worker).expect("it was just listed"));
                scheduler.abandoned();
            }
            Step::EndLate(n) => {
                if model.abandoned.is_empty() {
                    continue;
                }
                let case = model.abandoned.remove(n % model.abandoned.len());
                model.alone.remove(&case);
                scheduler.ended_late(CaseIx(case as u32));
            }
            Step::Refuse(n) => {
                let Some(worker) = pick(model.running.keys(), n) else { continue };
                let case = model.running[&worker];
                let Some(lock) = locks(&cases[case]).next().copied() else { continue };
                model.running.remove(&worker);
                model.pending.push(case);
                model.alone.remove(&case);
                model.elsewhere.push(lock);
                started[case] -= 1;
                scheduler.lock_busy(CaseIx(case as u32), &lock, now);
            }
            Step::Again(n, rest, retry) => {
                let Some(worker) = pick(model.running.keys(), n) else { continue };
                let case = model.running.remove(&worker).expect("it was just listed");
                let not_before = now + Duration::from_millis(rest);
                let avoid_worker = (retry == Retry::Elsewhere).then_some(worker);
                let again = RetryRequest { not_before, alone: retry == Retry::Alone, avoid_worker };
                model.alone.remove(&case);
                model.pending.push(case);
                model.again.insert(case, again);
                started[case] -= 1;
                scheduler.again(CaseIx(case as u32), again);
                assert!(scheduler.changes_at(now).is_none_or(|at| now < at));
            }
            Step::FreeElsewhere(n) => {
                if model.elsewhere.is_empty() {
                    continue;
                }
                let lock = model.elsewhere[n % model.elsewhere.len()];
                model.elsewhere.retain(|other| (other.domain, other.name) != (lock.domain, lock.name));
                scheduler.external_release(&lock);
            }
        }
    }
    let mut not_started: Vec<usize> = scheduler.not_started().iter().map(|case| case.ix()).collect();
    not_started.sort_unstable();
    model.pending.sort_unstable();
    assert_eq!(not_started, model.pending);
    for (case, &times) in started.iter().enumerate() {
        assert_eq!(times, u32::from(!model.pending.contains(&case)), "case {case}");
    }
    let is_hindered = |case: &usize| (0..workers as u32).all(|worker| !model.is_admissible(*case, Slot(worker)));
    assert!(model.pending.iter().all(is_hindered), "left over without a reason: {:?}", model.pending);
    assert!(model.pending.is_empty() || !model.abandoned.is_empty());
}

fn pick<'a>(mut workers: impl ExactSizeIterator<Item = &'a Slot>, n: usize) -> Option<Slot> {
    let len = workers.len().max(1);
    workers.nth(n % len).copied()
}

fn a_lock() -> impl Strategy<Value = LockClaim> {
    let access = prop_oneof![
        3 => Just(Access::Exclusive),
        2 => Just(Access::Shared),
        2 => (1..=CAPACITY).prop_map(|n| Access::Units(NonZeroU32::new(n).expect("from 1"))),
    ];
    let domain = prop_oneof![Just(LockNamespace::Serial), Just(LockNamespace::Resource)];
    (domain, prop::sample::select(&NAMES[..]), access).prop_map(|(domain, name, access)| LockClaim {
        domain,
        name,
        access,
    })
}

fn a_case() -> impl Strategy<Value = TestCase> {
    let alone =
        prop_oneof![8 => Just(None), 1 => Just(Some(Constraint::Serial)), 1 => Just(Some(Constraint::NoParallel))];
    let locks = prop_oneof![2 => Just(vec![]), 3 => prop::collection::vec(a_lock(), 1..4)];
    let group = prop_oneof![4 => Just(None), 1 => prop::sample::select(&NAMES[..]).prop_map(Some)];
    (alone, locks, group, 1..20_u64).prop_map(|(alone, mut locks, group, weight)| {
        // The plan refuses a test that names one lock twice.
        locks.sort_by_key(|lock| (lock.domain, lock.name));
        locks.dedup_by_key(|lock| (lock.domain, lock.name));
        let needs = alone.into_iter().chain(locks.into_iter().map(Constraint::Lock)).collect();
        TestCase { needs, group, weight }
    })
}

fn a_step() -> impl Strategy<Value = Step> {
    let n = 0..1000_usize;
    prop_oneof![
        8 => n.clone().prop_map(Step::Ask),
        4 => n.clone().prop_map(Step::Finish),
        4 => n.clone().prop_map(Step::FinishAndAsk),
        1 => n.clone().prop_map(Step::GiveUp),
        1 => n.clone().prop_map(Step::EndLate),
        1 => n.clone().prop_map(Step::Refuse),
        1 => n.clone().prop_map(Step::FreeElsewhere),
        2 => (n, 0..LONGEST_REST, a_retry()).prop_map(|(n, rest, retry)| Step::Again(n, rest, retry)),
    ]
}

fn a_retry() -> impl Strategy<Value = Retry> {
    prop_oneof![Just(Retry::Anywhere), Just(Retry::Elsewhere), Just(Retry::Alone)]
}

fn a_calm_step() -> impl Strategy<Value = Step> {
    let n = 0..1000_usize;
    let again = (n.clone(), 0..LONGEST_REST, a_retry()).prop_map(|(n, rest, retry)| Step::Again(n, rest, retry));
    prop_oneof![8 => n.clone().prop_map(Step::Ask), 4 => n.clone().prop_map(Step::Finish), 4 => n.prop_map(Step::FinishAndAsk), 1 => again]
}

fn a_preference() -> impl Strategy<Value = Preference> {
    prop_oneof![Just(Preference::LongestChain), Just(Preference::Listed)]
}

fn a_dist() -> impl Strategy<Value = Dist> {
    prop_oneof![Just(Dist::Load), Just(Dist::Worksteal)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn constraints_hold_and_no_worker_waits_needlessly(
        cases in prop::collection::vec(a_case(), 1..=40),
        workers in 1..=8_usize,
        preference in a_preference(),
        dist in a_dist(),
        steps in prop::collection::vec(a_calm_step(), 0..200),
    ) {
        simulate(&cases, workers, preference, dist, &steps);
    }

    #[test]
    fn constraints_hold_with_abandoned_cases_and_external_locks(
        cases in prop::collection::vec(a_case(), 1..=40),
        workers in 1..=8_usize,
        preference in a_preference(),
        dist in a_dist(),
        steps in prop::collection::vec(a_step(), 0..200),
    ) {
        simulate(&cases, workers, preference, dist, &steps);
    }
}
