//! Decides which settings of cargo-nextest express the tags of each test. Pure: tests in, rules out.
//!
//! A test of nextest is in one group only. A test with several locks is in the group of the lock that most tests need; swimlanes itself
//! holds the others while the test runs, and other tests may wait for them.
//!
//! The tests of a counted resource take one thread of its group each, although they can take several units: with `threads-required` in a
//! group, nextest 0.9.143 sometimes ends the run before it has started all tests of the group ("19/270 tests were not run"; with plain
//! libtest tests, 4 of 4 runs). So as many of them run at once as would fit if each took what the largest takes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use swimlanes_core::attributes::LockNamespace;
use swimlanes_core::list::{ListedConstraint, ListedLock, ListedRetries};

use crate::suite::list::ListedTest;

/// A test, with its binary as nextest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TestName<'a> {
    pub(super) binary: &'a str,
    pub(super) name: &'a str,
}

/// A lock that tests of all binaries share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lock<'a> {
    /// `serial`.
    Serial,
    /// `group = "name"`.
    Group(&'a str),
    Named(LockNamespace, &'a str),
}

/// A test group of nextest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group<'a> {
    /// Without the prefix that nextest requires in a tool's file.
    pub(super) name: String,
    pub(super) max_threads: u32,
    pub(super) tests: Vec<TestName<'a>>,
}

/// A test that may wait for a lock while nextest counts it as running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiter<'a> {
    pub(super) test: TestName<'a>,
    pub(super) locks: BTreeSet<Lock<'a>>,
    /// The sum of the timeouts of the tests that it may wait for; `None` if one of them has none.
    pub(super) at_most: Option<Duration>,
}

/// The settings for all tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules<'a> {
    pub(super) groups: Vec<Group<'a>>,
    /// The tests with `no_parallel`.
    pub(super) alone: Vec<TestName<'a>>,
    pub(super) timeouts: BTreeMap<Duration, Vec<TestName<'a>>>,
    pub(super) retries: Vec<(ListedRetries, Vec<TestName<'a>>)>,
    pub(super) slow: Vec<TestName<'a>>,
    pub(super) waiters: Vec<Waiter<'a>>,
}

/// How much of a lock a test takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockUse {
    All,
    /// With other tests that share the lock.
    Shared,
    Units {
        taken: u32,
        capacity: u32,
    },
}

/// A test that needs a lock.
struct User<'a> {
    test: TestName<'a>,
    share: LockUse,
    timeout: Option<Duration>,
}

/// The rules for these tests.
pub(super) fn rules<'a>(tests: &[(&'a str, &'a ListedTest)]) -> Rules<'a> {
    let mut rules = Rules::default();
    let mut users: BTreeMap<Lock<'a>, Vec<User<'a>>> = BTreeMap::new();
    for &(binary, listed) in tests {
        let test = TestName { binary, name: &listed.name };
        let timeout = listed.timeout_ns.map(Duration::from_nanos);
        if let Some(timeout) = timeout {
            rules.timeouts.entry(timeout).or_default().push(test);
        }
        // nextest cannot run a retry after all other tests.
        if let Some(retries) = listed.retries.filter(|retries| !retries.alone) {
            match rules.retries.iter_mut().find(|(known, _)| *known == retries) {
                Some((_, tests)) => tests.push(test),
                None => rules.retries.push((retries, vec![test])),
            }
        }
        if listed.slow {
            rules.slow.push(test);
        }
        if listed.constraints.contains(&ListedConstraint::NoParallel) {
            // It overlaps no other test, so its locks are free.
            rules.alone.push(test);
            continue;
        }
        for (lock, share) in locks(listed) {
            users.entry(lock).or_default().push(User { test, share, timeout });
        }
    }
    users.retain(|_, users| is_contended(users));
    let group_of = assign(&users);
    rules.groups = groups(&users, &group_of);
    rules.waiters = waiters(&users, &group_of);
    rules
}

fn locks(listed: &ListedTest) -> BTreeMap<Lock<'_>, LockUse> {
    let named = listed.constraints.iter().filter_map(|constraint| match constraint {
        ListedConstraint::Serial => Some((Lock::Serial, LockUse::All)),
        ListedConstraint::Lock(lock) => Some((Lock::Named(lock.namespace, &lock.name), share(lock))),
        ListedConstraint::NoParallel | ListedConstraint::Unknown => None,
    });
    let group = listed.group.as_deref().map(|name| (Lock::Group(name), LockUse::All));
    named.chain(group).collect()
}

fn share(lock: &ListedLock<'_>) -> LockUse {
    match (lock.shared, lock.capacity) {
        (true, _) => LockUse::Shared,
        (false, None) => LockUse::All,
        (false, Some(capacity)) => LockUse::Units { taken: lock.units.unwrap_or(capacity), capacity },
    }
}

/// Whether a test can ever wait for the lock.
fn is_contended(users: &[User<'_>]) -> bool {
    users.len() > 1 && users.iter().any(|user| user.share != LockUse::Shared)
}

/// The lock of the group of each test. Tests with shared use have no group, as nextest has none that several tests share and one takes as
/// a whole.
fn assign<'a>(users: &BTreeMap<Lock<'a>, Vec<User<'a>>>) -> BTreeMap<TestName<'a>, Lock<'a>> {
    let mut by_size: Vec<_> = users.iter().collect();
    by_size.sort_by_key(|(lock, users)| (std::cmp::Reverse(users.len()), **lock));
    let mut group_of = BTreeMap::new();
    for (lock, users) in by_size {
        for user in users.iter().filter(|user| user.share != LockUse::Shared) {
            group_of.entry(user.test).or_insert(*lock);
        }
    }
    group_of
}

fn groups<'a>(
    users: &BTreeMap<Lock<'a>, Vec<User<'a>>>,
    group_of: &BTreeMap<TestName<'a>, Lock<'a>>,
) -> Vec<Group<'a>> {
    let mut names = BTreeSet::new();
    let group = |(lock, users): (&Lock<'a>, &Vec<User<'a>>)| {
        let in_group: Vec<&User<'a>> = users.iter().filter(|user| group_of.get(&user.test) == Some(lock)).collect();
        let at_once = in_group.iter().map(|user| match user.share {
            LockUse::Units { taken, capacity } => (capacity / taken.max(1)).max(1),
            LockUse::All | LockUse::Shared => 1,
        });
        let max_threads = at_once.min()?;
        let tests = in_group.iter().map(|user| user.test).collect();
        Some(Group { name: unique(lock.group_name(), &mut names), max_threads, tests })
    };
    users.iter().filter_map(group).collect()
}

/// Two names can differ in characters that a group cannot have.
fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

/// The tests that can wait for a lock. Two tests in the group of the lock never wait for each other.
fn waiters<'a>(
    users: &BTreeMap<Lock<'a>, Vec<User<'a>>>,
    group_of: &BTreeMap<TestName<'a>, Lock<'a>>,
) -> Vec<Waiter<'a>> {
    let mut waiters: BTreeMap<TestName<'a>, Waiter<'a>> = BTreeMap::new();
    for (lock, users) in users {
        let is_in_group = |user: &User<'_>| group_of.get(&user.test) == Some(lock);
        for user in users {
            let can_delay = |other: &&User<'_>| {
                other.test != user.test
                    && !(is_in_group(user) && is_in_group(other))
                    && !(user.share == LockUse::Shared && other.share == LockUse::Shared)
            };
            let others = users.iter().filter(can_delay);
            let Some(at_most) = others.map(|other| other.timeout).reduce(|a, b| Some(a?.saturating_add(b?))) else {
                continue;
            };
            let waiter = waiters.entry(user.test).or_insert_with(|| Waiter {
                test: user.test,
                locks: BTreeSet::new(),
                at_most: Some(Duration::ZERO),
            });
            waiter.locks.insert(*lock);
            waiter.at_most = waiter.at_most.zip(at_most).map(|(a, b)| a.saturating_add(b));
        }
    }
    waiters.into_values().collect()
}

impl Lock<'_> {
    /// A name of letters, digits and dashes.
    fn group_name(&self) -> String {
        let (kind, name) = match self {
            Self::Serial => return "serial".to_owned(),
            Self::Group(name) | Self::Named(LockNamespace::Group, name) => ("group", name),
            Self::Named(LockNamespace::Serial, name) => ("serial", name),
            Self::Named(LockNamespace::Resource, name) => ("resource", name),
            Self::Named(LockNamespace::File, name) => ("file", name),
        };
        let name: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
        format!("{kind}-{name}")
    }
}

impl std::fmt::Display for Lock<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Serial => f.write_str("serial"),
            Self::Group(name) | Self::Named(LockNamespace::Group, name) => write!(f, "group `{name}`"),
            Self::Named(LockNamespace::Serial, name) => write!(f, "serial `{name}`"),
            Self::Named(LockNamespace::Resource, name) => write!(f, "resource `{name}`"),
            Self::Named(LockNamespace::File, name) => write!(f, "file_serial `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests;
