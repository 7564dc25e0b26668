//! The synthetic suites: their cases, the constraints of these, and the lower bound of the time of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use statrs::distribution::{ContinuousCDF, Normal};
use swimlanes_core::split_mix::SplitMix64;

/// The seed of all orders. It was not chosen for its results: it is the first one.
const SEED: u64 = 1;

/// The duration of each case that simulates work on a shared resource.
const WORK: Duration = Duration::from_millis(40);

/// The duration of the long last case, and the time of each other worker if the sleeps are distributed evenly.
const LONG: Duration = Duration::from_millis(1_500);

const N_SLEEPS: usize = 240;

/// The standard deviation of the logarithms of the sleeps: the shortest takes 2 ms, the longest 0.47 s.
const SPREAD: f64 = 1.0;

/// Cases that form a suite.
#[derive(Debug, Clone)]
pub(super) struct BenchSuite {
    pub(super) name: &'static str,
    pub(super) workers: u32,
    pub(super) cases: Vec<BenchCase>,
}

#[derive(Debug, Clone)]
pub(super) struct BenchCase {
    pub(super) name: String,
    pub(super) body: Body,
    pub(super) need: Need,
    pub(super) length: Length,
}

/// The body of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Sleep(Duration),
    /// Prints this number of lines, each with the name of the case and the number of the line.
    Lines(u32),
}

/// The constraint of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    Nothing,
    Resource(&'static str),
    /// A key of `serial`.
    Key(&'static str),
    /// No other case may run at the same time.
    Machine,
}

/// What the author of a suite knows about the duration of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Ordinary,
    Long,
}

impl BenchSuite {
    /// Cases without a body.
    pub(super) fn empty(name: &'static str, n_cases: usize) -> Self {
        Self::numbered(name, 2, vec![(Duration::ZERO, Need::Nothing); n_cases])
    }

    /// A suite that was written by hand, and whose cases are not known here.
    pub(super) fn by_hand(name: &'static str) -> Self {
        Self::numbered(name, 1, Vec::new())
    }

    /// Cases that print. Each prints less than 512 KiB, so all of its output is captured.
    pub(super) fn lines(n_cases: usize, n_lines: u32) -> Self {
        let mut suite = Self::numbered("lines", 8, vec![(Duration::ZERO, Need::Nothing); n_cases]);
        suite.cases.iter_mut().for_each(|case| case.body = Body::Lines(n_lines));
        suite
    }

    /// A sleeping case for each worker, and then two that sleep alone. While one of these two runs, the other workers wait: for the
    /// second one, or for the end of the run.
    pub(super) fn idle(sleep: Duration) -> Self {
        let workers = 8;
        let mut cases = vec![(sleep, Need::Nothing); workers];
        cases.extend([(sleep, Need::Machine); 2]);
        Self::numbered("idle", workers as u32, cases)
    }

    /// Sleeps of very different lengths in random order, and a long one at the end.
    pub(super) fn sleeps() -> Self {
        let workers = 8;
        let total = LONG * (workers - 1);
        let cases = shuffled(log_normal(N_SLEEPS, total).into_iter().map(|sleep| (sleep, Need::Nothing)).collect());
        let mut suite = Self::numbered("sleeps", workers, cases);
        let name = format!("t{N_SLEEPS}_long");
        suite.cases.push(BenchCase { name, body: Body::Sleep(LONG), need: Need::Nothing, length: Length::Long });
        suite
    }

    /// Cases without constraints, mixed with others that exclude each other.
    pub(super) fn shared() -> Self {
        Self::numbered("shared", 8, shuffled(shared()))
    }

    /// The same, with some cases that run alone.
    pub(super) fn alone() -> Self {
        let mut cases = shared();
        cases.extend([(WORK, Need::Machine); 5]);
        Self::numbered("alone", 8, shuffled(cases))
    }

    /// The order in the source equals the order of the names, since some runners sort by name and others do not.
    fn numbered(name: &'static str, workers: u32, cases: Vec<(Duration, Need)>) -> Self {
        let width = cases.len().saturating_sub(1).to_string().len();
        let cases = cases.into_iter().enumerate().map(|(ix, (sleep, need))| {
            let name = format!("t{ix:0width$}{}", need.suffix());
            BenchCase { name, body: Body::Sleep(sleep), need, length: Length::Ordinary }
        });
        Self { name, workers, cases: cases.collect() }
    }

    /// No schedule that respects the constraints is shorter: the time of the cases that run alone, plus the longest chain of cases that
    /// exclude each other or, if it is longer, the even share of all other cases.
    pub(super) fn lower_bound(&self) -> Duration {
        let mut chains: BTreeMap<Need, Duration> = BTreeMap::new();
        let (mut alone, mut together, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        for case in &self.cases {
            let sleep = case.body.sleep();
            match case.need {
                Need::Machine => alone += sleep,
                Need::Nothing => {
                    together += sleep;
                    longest = longest.max(sleep);
                }
                Need::Resource(_) | Need::Key(_) => {
                    together += sleep;
                    let chain = chains.entry(case.need).or_default();
                    *chain += sleep;
                    longest = longest.max(*chain);
                }
            }
        }
        alone + longest.max(together / self.workers)
    }

    /// The number of lines that all cases print.
    pub(super) fn n_lines(&self) -> u32 {
        self.cases.iter().map(|case| case.body.n_lines()).sum()
    }
}

impl Body {
    pub(super) fn sleep(self) -> Duration {
        match self {
            Self::Sleep(sleep) => sleep,
            Self::Lines(_) => Duration::ZERO,
        }
    }

    pub(super) fn n_lines(self) -> u32 {
        match self {
            Self::Sleep(_) => 0,
            Self::Lines(n) => n,
        }
    }
}

impl Need {
    /// The suffix of the names of its cases. cargo-nextest knows only the name of a test.
    pub(super) fn suffix(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Resource(name) | Self::Key(name) => format!("_{name}"),
            Self::Machine => "_alone".to_owned(),
        }
    }
}

fn shared() -> Vec<(Duration, Need)> {
    let needs = [(60, Need::Nothing), (30, Need::Resource("a")), (20, Need::Resource("b")), (10, Need::Key("key"))];
    needs.into_iter().flat_map(|(n, need)| vec![(WORK, need); n]).collect()
}

/// The medians of `n` equally likely parts of a log-normal distribution, in whole milliseconds, in ascending order; their sum is about
/// `total`. The durations do not depend on random numbers; only the order does.
fn log_normal(n: usize, total: Duration) -> Vec<Duration> {
    let normal = Normal::standard();
    let quantile = |ix| (SPREAD * normal.inverse_cdf((ix as f64 + 0.5) / n as f64)).exp();
    let quantiles: Vec<f64> = (0..n).map(quantile).collect();
    let scale = total.as_secs_f64() * 1_000.0 / quantiles.iter().sum::<f64>();
    quantiles.into_iter().map(|quantile| Duration::from_millis((quantile * scale).round().max(1.0) as u64)).collect()
}

/// Shuffles with [`SEED`].
fn shuffled<T>(mut items: Vec<T>) -> Vec<T> {
    SplitMix64::new(SEED).shuffle(&mut items);
    items
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `40` sleeps for 40 ms, `40a` with the resource `a`, `40!` alone.
    #[track_caller]
    fn check_bound(workers: u32, cases: &str, milliseconds: u64) {
        let case = |word: &'static str| {
            let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
            let sleep = Duration::from_millis(word[..digits].parse().expect("milliseconds"));
            let need = match &word[digits..] {
                "" => Need::Nothing,
                "!" => Need::Machine,
                name => Need::Resource(name),
            };
            (sleep, need)
        };
        let cases: &'static str = cases.to_owned().leak();
        let suite = BenchSuite::numbered("bound", workers, cases.split_whitespace().map(case).collect());
        assert_eq!(suite.lower_bound(), Duration::from_millis(milliseconds), "{cases}");
    }

    #[test]
    fn bound_is_the_even_share_or_the_longest_chain_plus_tests_that_run_alone() {
        check_bound(2, "", 0);
        check_bound(2, "40 40 40 40", 80);
        check_bound(4, "40 40 100 40", 100);
        check_bound(4, "40a 40a 40a 40 40b", 120);
        check_bound(2, "40a 40a 40a 40 40 40 40 40", 160);
        check_bound(4, "40a 40a 40! 40 40!", 160);
    }

    #[track_caller]
    fn check(suite: &BenchSuite, expected: Expect) {
        let of = |need: fn(Need) -> bool| suite.cases.iter().filter(|case| need(case.need)).count();
        let first: Vec<&str> = suite.cases.iter().take(8).map(|case| &*case.name).collect();
        let output = format!(
            "{} cases on {} workers, at least {:?}\n{} free, {} on a, {} on b, {} on key, {} alone\n{} …\n",
            suite.cases.len(),
            suite.workers,
            suite.lower_bound(),
            of(|need| need == Need::Nothing),
            of(|need| need == Need::Resource("a")),
            of(|need| need == Need::Resource("b")),
            of(|need| need == Need::Key("key")),
            of(|need| need == Need::Machine),
            first.join(" "),
        );
        expected.assert_eq(&output);
    }

    #[test]
    fn suites_match_the_requirement() {
        check(
            &BenchSuite::empty("empty", 10_000),
            expect![[r#"
            10000 cases on 2 workers, at least 0ns
            10000 free, 0 on a, 0 on b, 0 on key, 0 alone
            t0000 t0001 t0002 t0003 t0004 t0005 t0006 t0007 …
        "#]],
        );
        check(
            &BenchSuite::sleeps(),
            expect![[r#"
            241 cases on 8 workers, at least 1.5s
            241 free, 0 on a, 0 on b, 0 on key, 0 alone
            t000 t001 t002 t003 t004 t005 t006 t007 …
        "#]],
        );
        check(
            &BenchSuite::shared(),
            expect![[r#"
            120 cases on 8 workers, at least 1.2s
            60 free, 30 on a, 20 on b, 10 on key, 0 alone
            t000 t001_key t002_b t003_a t004 t005 t006_key t007_a …
        "#]],
        );
        check(
            &BenchSuite::alone(),
            expect![[r#"
            125 cases on 8 workers, at least 1.4s
            60 free, 30 on a, 20 on b, 10 on key, 5 alone
            t000 t001 t002 t003 t004_a t005_key t006 t007_b …
        "#]],
        );
        check(
            &BenchSuite::lines(80, 12_500),
            expect![[r#"
            80 cases on 8 workers, at least 0ns
            80 free, 0 on a, 0 on b, 0 on key, 0 alone
            t00 t01 t02 t03 t04 t05 t06 t07 …
        "#]],
        );
        assert_eq!(BenchSuite::lines(80, 12_500).n_lines(), 1_000_000);
        check(
            &BenchSuite::idle(Duration::from_secs(2)),
            expect![[r#"
            10 cases on 8 workers, at least 6s
            8 free, 0 on a, 0 on b, 0 on key, 2 alone
            t0 t1 t2 t3 t4 t5 t6 t7 …
        "#]],
        );
    }

    #[test]
    fn sleeps_are_log_normal_and_the_long_one_is_last() {
        let suite = BenchSuite::sleeps();
        let mut sleeps: Vec<u128> = suite.cases.iter().map(|case| case.body.sleep().as_millis()).collect();
        assert_eq!(sleeps.pop(), Some(1_500));
        let first = sleeps[..12].to_vec();
        sleeps.sort();
        let quartiles = [0, 60, 120, 180, 239].map(|ix| sleeps[ix]);
        let total: u128 = sleeps.iter().sum();
        let output = format!("{first:?} …\nquartiles {quartiles:?}, together {total} ms\n");
        expect![[r#"
            [5, 148, 9, 22, 13, 62, 11, 11, 16, 26, 10, 16] …
            quartiles [2, 14, 27, 53, 469], together 10497 ms
        "#]]
        .assert_eq(&output);
    }
}
