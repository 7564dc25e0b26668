//! The rules, against a model: nextest may start any set of tests that the rules allow at the same time.

use proptest::prelude::*;

use super::*;

fn lock(namespace: LockNamespace, name: &str) -> ListedLock<'static> {
    ListedLock { namespace, name: name.to_owned().into(), shared: false, units: None, capacity: None }
}

/// A constraint of each kind, with few names, so that tests often share one.
fn constraint() -> impl Strategy<Value = ListedConstraint<'static>> {
    let name = prop::sample::select(vec!["a", "b"]);
    let namespace = prop::sample::select(vec![LockNamespace::Serial, LockNamespace::Resource]);
    let named = (namespace, name, any::<bool>())
        .prop_map(|(namespace, name, shared)| ListedConstraint::Lock(ListedLock { shared, ..lock(namespace, name) }));
    let counted = prop::option::of(1..=3u32).prop_map(|units| {
        ListedConstraint::Lock(ListedLock { units, capacity: Some(3), ..lock(LockNamespace::Resource, "pool") })
    });
    let plain = prop::sample::select(vec![ListedConstraint::Serial, ListedConstraint::NoParallel]);
    prop_oneof![4 => named, 3 => counted, 1 => plain]
}

fn listed() -> impl Strategy<Value = Vec<ListedTest>> {
    let group = prop::option::weighted(0.2, Just("g".into()));
    let test = (prop::collection::vec(constraint(), 0..3), group);
    prop::collection::vec(test, 0..10).prop_map(|tests| {
        let named = |(n, (constraints, group)): (usize, (Vec<ListedConstraint<'static>>, _))| ListedTest {
            name: format!("t{n}").into(),
            constraints,
            group,
            ..ListedTest::default()
        };
        tests.into_iter().enumerate().map(named).collect()
    })
}

/// Whether the tags forbid that these tests overlap.
fn conflict(a: &ListedTest, b: &ListedTest) -> bool {
    let [ours, theirs] = [a, b].map(locks);
    let is_alone = |test: &ListedTest| test.constraints.contains(&ListedConstraint::NoParallel);
    let on_lock = |(lock, share): (&Lock<'_>, &LockUse)| match (share, theirs.get(lock)) {
        (_, None) | (LockUse::Shared, Some(LockUse::Shared)) => false,
        (LockUse::Units { taken, capacity }, Some(LockUse::Units { taken: others, .. })) => taken + others > *capacity,
        (_, Some(_)) => true,
    };
    is_alone(a) || is_alone(b) || ours.iter().any(on_lock)
}

/// Whether nextest can run both at once.
fn can_overlap(rules: &Rules<'_>, a: &str, b: &str) -> bool {
    let is_alone = |name: &str| rules.alone.iter().any(|test| test.name == name);
    let is_in = |group: &Group<'_>, name: &str| group.tests.iter().any(|test| test.name == name);
    let separates = |group: &Group<'_>| is_in(group, a) && is_in(group, b) && group.max_threads == 1;
    !is_alone(a) && !is_alone(b) && !rules.groups.iter().any(separates)
}

proptest! {
    /// A pair whose tags conflict cannot overlap, or both of its tests are named as waiting.
    #[test]
    fn conflicting_tests_are_separated_or_named(tests in listed()) {
        let pairs: Vec<(&str, &ListedTest)> = tests.iter().map(|test| ("shop::api", test)).collect();
        let rules = rules(&pairs);
        let waits = |name: &str| rules.waiters.iter().any(|waiter| waiter.test.name == name);
        for a in &tests {
            for b in tests.iter().filter(|b| b.name != a.name && conflict(a, b)) {
                let is_known = !can_overlap(&rules, &a.name, &b.name) || (waits(&a.name) && waits(&b.name));
                prop_assert!(is_known, "{} and {}: {rules:?}", a.name, b.name);
            }
        }
        // A test that conflicts with no other has no restriction.
        for a in tests.iter().filter(|a| tests.iter().all(|b| b.name == a.name || !conflict(a, b))) {
            let counted = |constraint: &ListedConstraint<'_>| matches!(constraint, ListedConstraint::Lock(lock) if lock.capacity.is_some());
            prop_assert!(!waits(&a.name) || a.constraints.iter().any(counted), "{}: {rules:?}", a.name);
        }
    }
}

#[test]
fn a_test_with_two_locks_is_in_the_larger_group_and_the_others_are_named() {
    let test = |name: &str, names: &[&str], timeout_ns| ListedTest {
        name: name.to_owned().into(),
        constraints: names.iter().map(|name| ListedConstraint::Lock(lock(LockNamespace::Resource, name))).collect(),
        timeout_ns,
        ..ListedTest::default()
    };
    let second = Some(1_000_000_000);
    let tests = [
        test("pays", &["db"], second),
        test("sells", &["db"], second),
        test("mails", &["smtp"], second),
        test("bills", &["db", "smtp"], None),
    ];
    let pairs: Vec<(&str, &ListedTest)> = tests.iter().map(|test| ("shop::api", test)).collect();
    let rules = rules(&pairs);
    let groups = rules.groups.iter().map(|group| {
        let names: Vec<&str> = group.tests.iter().map(|test| test.name).collect();
        format!("{} {}: {}", group.name, group.max_threads, names.join(" "))
    });
    assert_eq!(groups.collect::<Vec<_>>(), ["resource-db 1: pays sells bills", "resource-smtp 1: mails"]);
    let waiters = rules.waiters.iter().map(|waiter| (waiter.test.name, waiter.at_most));
    // `mails` may wait for `bills`, which has no timeout.
    assert_eq!(waiters.collect::<Vec<_>>(), [("bills", Some(Duration::from_secs(1))), ("mails", None)]);
}

#[test]
fn names_of_groups_are_unique() {
    let mut taken = BTreeSet::new();
    let names = ["port:1", "port-1", "port 1"].map(|name| Lock::Named(LockNamespace::Resource, name).group_name());
    let names = names.map(|name| unique(name, &mut taken));
    assert_eq!(names, ["resource-port-1", "resource-port-1-2", "resource-port-1-3"]);
}
