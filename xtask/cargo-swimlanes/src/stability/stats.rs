//! The statistics of failures and runs. Pure functions; distributions are those of statrs.

use serde::Serialize;
use statrs::distribution::{Beta, ContinuousCDF, Normal};
use statrs::stats_tests::{Alternative, fishers_exact};

/// The confidence of intervals and bounds.
pub(super) const CONFIDENCE: f64 = 0.95;

/// A difference between levels is reported if its probability is below this.
pub(super) const SIGNIFICANT: f64 = 0.01;

/// The number of failures in a number of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    failed: u32,
    runs: u32,
}

/// The interval that contains a rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) confidence: f64,
    pub(super) method: Method,
}

/// The method of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Method {
    /// Close to its confidence on average: for readers.
    Wilson,
    /// Never below its confidence: for automatic checks.
    ClopperPearson,
}

impl Share {
    /// `None` without runs, as the rate is unknown then.
    pub(super) fn new(failed: u32, runs: u32) -> Option<Self> {
        (runs > 0 && failed <= runs).then_some(Self { failed, runs })
    }

    pub(super) fn rate(self) -> f64 {
        f64::from(self.failed) / f64::from(self.runs)
    }

    /// Wilson's score interval.
    pub(super) fn wilson(self) -> Interval {
        let z = Normal::standard().inverse_cdf(1.0 - (1.0 - CONFIDENCE) / 2.0);
        let (n, rate) = (f64::from(self.runs), self.rate());
        let shrink = 1.0 + z * z / n;
        let middle = (rate + z * z / (2.0 * n)) / shrink;
        let half = z / shrink * (rate * (1.0 - rate) / n + z * z / (4.0 * n * n)).sqrt();
        // At the ends the formula gives 0 and 1, except for rounding errors.
        let low = if self.failed == 0 { 0.0 } else { middle - half };
        let high = if self.failed == self.runs { 1.0 } else { middle + half };
        Interval { low, high, confidence: CONFIDENCE, method: Method::Wilson }
    }

    /// Clopper and Pearson's exact interval.
    pub(super) fn clopper_pearson(self) -> Interval {
        let tail = (1.0 - CONFIDENCE) / 2.0;
        let (failed, passed) = (f64::from(self.failed), f64::from(self.runs - self.failed));
        let beta = |a, b| Beta::new(a, b).expect("both are above zero");
        let low = if self.failed == 0 { 0.0 } else { beta(failed, passed + 1.0).inverse_cdf(tail) };
        let high = if self.failed == self.runs { 1.0 } else { beta(failed + 1.0, passed).inverse_cdf(1.0 - tail) };
        Interval { low, high, confidence: CONFIDENCE, method: Method::ClopperPearson }
    }

    /// The probability of a difference at least this large between two shares of equal rate (Fisher's exact test).
    pub(super) fn p_of_difference(self, other: Self) -> f64 {
        let row = |share: Self| [u64::from(share.failed), u64::from(share.runs - share.failed)];
        let ([a, b], [c, d]) = (row(self), row(other));
        let p = fishers_exact(&[a, b, c, d], Alternative::TwoSided);
        p.expect("any four counts make a table").clamp(0.0, 1.0)
    }
}

/// The maximum rate of a test after this number of runs without a failure: at this rate, all runs pass with a probability of one in twenty.
pub(super) fn upper_bound(clean_runs: u32) -> f64 {
    1.0 - (1.0 - CONFIDENCE).powf(1.0 / f64::from(clean_runs.max(1)))
}

/// The probability that a test with this failure rate fails at least once. Always below 1.
pub(super) fn chance_to_see(rate: f64, runs: u32) -> f64 {
    (1.0 - (1.0 - rate).powf(f64::from(runs))).min(1.0 - f64::EPSILON)
}

/// The probability that the two most different shares differ this much by chance, adjusted for their selection (Bonferroni). Also returns
/// their indices.
pub(super) fn most_different(shares: &[Share]) -> Option<(f64, usize, usize)> {
    let pairs = (0..shares.len()).flat_map(|i| (i + 1..shares.len()).map(move |j| (i, j)));
    let compared: Vec<_> = pairs.map(|(i, j)| (shares[i].p_of_difference(shares[j]), i, j)).collect();
    let (p, i, j) = compared.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(((p * compared.len() as f64).min(1.0), i, j))
}

/// The probabilities, adjusted for their number (Benjamini and Hochberg, 1995).
pub(super) fn adjusted(ps: &[f64]) -> Vec<f64> {
    let mut by_size: Vec<usize> = (0..ps.len()).collect();
    by_size.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut adjusted = vec![1.0; ps.len()];
    let mut least = 1.0_f64;
    for (rank, &ix) in by_size.iter().enumerate().rev() {
        least = least.min(ps[ix] * ps.len() as f64 / (rank + 1) as f64);
        adjusted[ix] = least;
    }
    adjusted
}

/// Whether this many failures in one run probably have one cause.
pub(super) fn is_one_event(n_failed: usize, n_tests: usize) -> bool {
    n_failed > 3.max(n_tests / 20)
}

/// "25.9 %": three significant digits, for computed shares.
pub(super) fn percent(share: f64) -> String {
    rounded(share, 3)
}

/// "26 %": two significant digits, for observed shares.
pub(super) fn about(share: f64) -> String {
    rounded(share, 2)
}

/// Never "0 %" or "100 %" unless that is exact.
fn rounded(share: f64, digits: i32) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        return "0 %".to_owned();
    }
    if percent < 0.001 {
        return "< 0.001 %".to_owned();
    }
    let decimals = (digits - 1 - percent.log10().floor() as i32).max(0) as usize;
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    match text {
        "100" if share < 1.0 => format!("> {} %", if digits > 2 { "99.9" } else { "99" }),
        text => format!("{text} %"),
    }
}

#[cfg(test)]
mod tests;
