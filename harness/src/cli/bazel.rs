//! Bazel's test protocol: which shard, filter, seed and time limit its variables request. The files of the protocol are in
//! `os/bazel_files.rs`. The protocol is described in Bazel's test encyclopedia.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::cli::variables::parsed;
use crate::model::config::Shard;
use crate::model::error::Error;
use crate::os::env::Bazel;

/// Bazel ends a test program at its timeout without a report, so the run ends before it: running tests have ten seconds to end, and the
/// rest is for teardown and the report.
const BEFORE_TIMEOUT: Duration = Duration::from_secs(15);

/// The part that this process runs, if Bazel splits the suite.
///
/// # Errors
///
/// If the variables are not numbers, or the index is not below the total.
pub(super) fn shard(bazel: &Bazel) -> Result<Option<Shard>, Error> {
    let total = parsed::<u32>("TEST_TOTAL_SHARDS", bazel.total_shards.as_deref(), "a number of shards")?;
    let Some(n) = total.and_then(NonZeroU32::new) else { return Ok(None) };
    let what = format!("a number from 0 to {}, as TEST_TOTAL_SHARDS is {n}", n.get() - 1);
    let index = parsed::<u32>("TEST_SHARD_INDEX", bazel.shard_index.as_deref(), &what)?;
    match index {
        Some(index) if index < n.get() => Ok(Some(Shard { k: NonZeroU32::MIN.saturating_add(index), n })),
        Some(index) => Err(Error::usage(format!("the variable TEST_SHARD_INDEX is `{index}`; give {what}"))),
        None => Err(Error::usage(format!("the variable TEST_SHARD_INDEX is not set; give {what}"))),
    }
}

/// The names that `--test_filter` selects, if it is given: those that contain one of its parts, which commas separate.
pub(super) fn selected(bazel: &Bazel, names: impl Iterator<Item = &'static str>) -> Option<HashSet<&'static str>> {
    let filters: Vec<&str> = bazel.test_only.as_deref()?.split(',').filter(|filter| !filter.is_empty()).collect();
    if filters.is_empty() {
        return None;
    }
    Some(names.filter(|name| filters.iter().any(|filter| name.contains(filter))).collect())
}

/// The limit for the whole run, from Bazel's timeout and the limit of the suite: the shorter one.
///
/// # Errors
///
/// If the timeout is not a number.
pub(super) fn run_timeout(bazel: &Bazel, of_suite: Option<Duration>) -> Result<Option<Duration>, Error> {
    let timeout = parsed::<u64>("TEST_TIMEOUT", bazel.timeout.as_deref(), "a number of seconds")?;
    // Under half a minute, the time before the timeout would be most of it.
    let limit = timeout.filter(|&seconds| seconds > 0).map(Duration::from_secs);
    let limit = limit.map(|timeout| timeout.saturating_sub(BEFORE_TIMEOUT).max(timeout / 2));
    Ok(limit.into_iter().chain(of_suite).min())
}

/// The seed of the run: with `--runs_per_test`, each run has another one, which the next build repeats.
///
/// # Errors
///
/// If a variable is not a number.
pub(super) fn seed(bazel: &Bazel) -> Result<Option<u64>, Error> {
    let seed = parsed("TEST_RANDOM_SEED", bazel.random_seed.as_deref(), "a number")?;
    let number = parsed("TEST_RUN_NUMBER", bazel.run_number.as_deref(), "a number")?;
    Ok(seed.or(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shard_of_bazel_counts_from_zero() {
        let shard = |index: Option<&str>, total: Option<&str>| {
            let bazel =
                Bazel { shard_index: index.map(Into::into), total_shards: total.map(Into::into), ..Bazel::default() };
            shard(&bazel).map(|shard| shard.map(|Shard { k, n }| (k.get(), n.get()))).map_err(|error| error.to_string())
        };
        assert_eq!(shard(Some("0"), Some("3")), Ok(Some((1, 3))));
        assert_eq!(shard(Some("2"), Some("3")), Ok(Some((3, 3))));
        assert_eq!(shard(Some("0"), Some("1")), Ok(Some((1, 1))));
        assert_eq!(shard(None, None), Ok(None));
        assert_eq!(shard(Some("1"), None), Ok(None));
        assert_eq!(shard(Some("0"), Some("0")), Ok(None));
        let expected = "the variable TEST_SHARD_INDEX is `3`; give a number from 0 to 2, as TEST_TOTAL_SHARDS is 3";
        assert_eq!(shard(Some("3"), Some("3")), Err(expected.to_owned()));
        assert!(shard(None, Some("3")).is_err_and(|error| error.contains("is not set")));
        assert!(shard(Some("x"), Some("3")).is_err());
        assert!(shard(Some("1"), Some("many")).is_err());
    }

    #[test]
    fn test_filter_selects_names_that_contain_one_of_its_parts() {
        let names = ["cart::adds", "cart::removes", "stock::adds"];
        let selected = |filter: &str| {
            let bazel = Bazel { test_only: Some(filter.into()), ..Bazel::default() };
            let selected = selected(&bazel, names.into_iter());
            selected.map(|selected| names.iter().map(|name| selected.contains(name)).collect::<Vec<_>>())
        };
        assert_eq!(selected("adds"), Some(vec![true, false, true]));
        assert_eq!(selected("stock,removes"), Some(vec![false, true, true]));
        assert_eq!(selected("none"), Some(vec![false, false, false]));
        assert_eq!(selected(""), None);
    }

    #[test]
    fn run_ends_before_the_timeout_of_bazel() {
        let limit = |timeout: &str, of_suite: Option<u64>| {
            let bazel = Bazel { timeout: Some(timeout.into()), ..Bazel::default() };
            run_timeout(&bazel, of_suite.map(Duration::from_secs)).map(|limit| limit.map(|limit| limit.as_secs())).ok()
        };
        assert_eq!(limit("300", None), Some(Some(285)));
        assert_eq!(limit("300", Some(60)), Some(Some(60)));
        assert_eq!(limit("60", Some(600)), Some(Some(45)));
        assert_eq!(limit("20", None), Some(Some(10)));
        assert_eq!(limit("0", None), Some(None));
        assert_eq!(limit("5m", None), None);
    }

    #[test]
    fn number_of_the_run_is_the_seed_without_another() {
        let seed = |seed: Option<&str>, number: Option<&str>| {
            let bazel =
                Bazel { random_seed: seed.map(Into::into), run_number: number.map(Into::into), ..Bazel::default() };
            super::seed(&bazel).ok()
        };
        assert_eq!(seed(Some("7"), Some("2")), Some(Some(7)));
        assert_eq!(seed(None, Some("2")), Some(Some(2)));
        assert_eq!(seed(None, None), Some(None));
        assert_eq!(seed(Some("x"), None), None);
    }
}
