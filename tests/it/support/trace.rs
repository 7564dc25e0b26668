//! Reads the traces of `examples/tags.rs` and of `examples/many_tags.rs`, and checks the guarantees of all tags.

use std::collections::BTreeSet;

/// The tests that ran, and those that overlapped, according to a trace.
pub(crate) struct Trace {
    pub(crate) tests: BTreeSet<String>,
    /// Pairs that overlapped, in alphabetical order.
    pub(crate) overlaps: BTreeSet<(String, String)>,
    /// The maximum number of units of the pool that were used at once.
    pub(crate) most_units: u32,
}

impl Trace {
    /// Reads it; each test must start once and end once.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        let mut trace = Self { tests: BTreeSet::new(), overlaps: BTreeSet::new(), most_units: 0 };
        let mut running: BTreeSet<&str> = BTreeSet::new();
        for line in text.lines() {
            match line.split_once(' ') {
                Some((name, "start")) => {
                    assert!(trace.tests.insert(name.to_owned()), "{name} started twice");
                    let pair = |other: &&str| (name.min(other).to_owned(), name.max(other).to_owned());
                    trace.overlaps.extend(running.iter().map(pair));
                    running.insert(name);
                    trace.most_units = trace.most_units.max(running.iter().map(|name| units(name)).sum());
                }
                Some((name, "end")) => assert!(running.remove(name), "{name} ended before it started"),
                _ => panic!("this is no line of a trace: {line}"),
            }
        }
        assert!(running.is_empty(), "these never ended: {running:?}");
        trace
    }

    /// Fails if one of this number of tests did not run, or if a pair overlapped that the tags separate. With `is_one_process`, `serial`
    /// has the process for itself.
    #[track_caller]
    pub(crate) fn check(&self, n_tests: usize, is_one_process: bool) {
        assert_eq!(self.tests.len(), n_tests, "{:?}", self.tests);
        let broken: Vec<_> = self
            .overlaps
            .iter()
            .filter(|(a, b)| excludes(a, b, is_one_process) || excludes(b, a, is_one_process))
            .collect();
        assert!(broken.is_empty(), "these overlapped: {broken:?}");
        assert!(self.most_units <= 3, "{} units of 3 were taken", self.most_units);
    }
}

fn units(name: &str) -> u32 {
    let kinds = [("pool_one_", 1), ("pool_two_", 2), ("pool_all_", 3)];
    kinds.iter().find(|(kind, _)| name.starts_with(kind)).map_or(0, |&(_, units)| units)
}

/// Whether the tags of `a` forbid that `b` overlaps it.
fn excludes(a: &str, b: &str, is_one_process: bool) -> bool {
    let both = |part: &str| a.starts_with(part) && b.starts_with(part);
    let is_reader = |name: &str| name.starts_with("redis_read");
    let has_key = |name: &str| name.starts_with("key_") || name.starts_with("redis_and_key_");
    a.starts_with("alone_")
        || (a.starts_with("serial_") && (is_one_process || b.starts_with("serial_")))
        || (has_key(a) && has_key(b))
        || (both("redis") && !(is_reader(a) && is_reader(b)))
        || both("group_a_")
}
