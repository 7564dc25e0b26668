//! Known values, and properties of the definitions.

use proptest::prelude::*;

use super::*;

fn share(failed: u32, runs: u32) -> Share {
    Share::new(failed, runs).expect("some runs")
}

/// C(n, k), exact for the small numbers of these tests.
fn choose(n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product()
}

/// The probability of `failed` failures or fewer.
fn at_most(failed: u32, runs: u32, rate: f64) -> f64 {
    (0..=failed).map(|k| choose(runs, k) * rate.powi(k as i32) * (1.0 - rate).powi((runs - k) as i32)).sum()
}

#[track_caller]
fn check_percent(number: f64, expected: &str) {
    assert_eq!(percent(number), expected);
}

#[test]
fn the_bound_after_clean_runs_is_the_known_one() {
    check_percent(upper_bound(10), "25.9 %");
    check_percent(upper_bound(30), "9.5 %");
    check_percent(upper_bound(100), "2.95 %");
    check_percent(upper_bound(299), "0.997 %");
    assert!(upper_bound(298) > 0.01 && upper_bound(299) < 0.01);
}

#[test]
fn the_chance_to_see_a_flake_is_the_known_one() {
    check_percent(chance_to_see(0.10, 30), "95.8 %");
    check_percent(chance_to_see(0.05, 30), "78.5 %");
    check_percent(chance_to_see(0.01, 30), "26 %");
    check_percent(chance_to_see(0.01, 100_000), "> 99.9 %");
}

#[test]
fn intervals_are_the_known_ones() {
    // Without failures, by hand: z²/(n + z²) and 1 - 0.025^(1/n). The properties below check the others.
    let check = |share: Share, wilson: (f64, f64), exact: (f64, f64)| {
        for (interval, expected) in [(share.wilson(), wilson), (share.clopper_pearson(), exact)] {
            let off = (interval.low - expected.0).abs().max((interval.high - expected.1).abs());
            assert!(off < 1e-4, "{interval:?} {expected:?}");
        }
    };
    check(share(2, 30), (0.0185, 0.2132), (0.0082, 0.2207));
    check(share(0, 10), (0.0, 0.2775), (0.0, 0.3085));
    check(share(10, 10), (0.7225, 1.0), (0.6915, 1.0));
    check(share(5, 10), (0.2366, 0.7634), (0.1871, 0.8129));
}

#[test]
fn levels_differ_from_five_of_ten_on() {
    assert!(share(0, 10).p_of_difference(share(5, 10)) < 0.05);
    assert!(share(0, 10).p_of_difference(share(4, 10)) > 0.05);
    assert_eq!(most_different(&[share(1, 10)]), None);
    // The two were selected among three pairs.
    let p = 3.0 * share(0, 10).p_of_difference(share(9, 10));
    assert!(p < SIGNIFICANT);
    assert_eq!(most_different(&[share(0, 10), share(3, 10), share(9, 10)]), Some((p, 0, 2)));
}

#[test]
fn many_comparisons_need_more_evidence() {
    let close = |actual: Vec<f64>, expected: &[f64]| {
        assert!(actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{actual:?}");
    };
    // By hand: 0.005·4/1, 0.01·4/2, 0.03·4/3, 0.04·4/4, none above the next.
    close(adjusted(&[0.01, 0.04, 0.03, 0.005]), &[0.02, 0.04, 0.04, 0.02]);
    close(adjusted(&[0.2]), &[0.2]);
    close(adjusted(&[]), &[]);
}

#[test]
fn many_failures_together_are_one_event() {
    assert!(!is_one_event(3, 10));
    assert!(is_one_event(4, 10));
    assert!(!is_one_event(5, 100));
    assert!(is_one_event(6, 100));
}

#[test]
fn percents_are_never_rounded_to_certainty() {
    check_percent(0.0, "0 %");
    check_percent(1.0, "100 %");
    check_percent(0.999_999, "> 99.9 %");
    check_percent(0.000_000_1, "< 0.001 %");
    check_percent(0.5, "50 %");
    check_percent(1.0 / 3.0, "33.3 %");
    check_percent(0.099_99, "10 %");
    check_percent(0.0333, "3.33 %");
    check_percent(0.001_23, "0.123 %");
    check_percent(0.999_4, "99.9 %");
    assert_eq!([0.004, 0.0888, 0.236, 0.996, 1.0].map(about), ["0.4 %", "8.9 %", "24 %", "> 99 %", "100 %"]);
}

/// All tables with rows of up to 14 runs, compared with the definition of the test.
#[test]
fn fisher_agrees_with_its_definition() {
    for (n, m) in (1..=14).flat_map(|n| (1..=14).map(move |m| (n, m))) {
        for (a, c) in (0..=n).flat_map(|a| (0..=m).map(move |c| (a, c))) {
            let failed = a + c;
            let p_of = |k: u32| match k <= n && failed >= k && failed - k <= m {
                true => choose(n, k) * choose(m, failed - k) / choose(n + m, failed),
                false => 0.0,
            };
            // Tables that are as likely or less; equal ones may differ by rounding errors.
            let expected: f64 = (0..=failed).map(p_of).filter(|&p| p <= p_of(a) * (1.0 + 1e-6)).sum();
            let actual = share(a, n).p_of_difference(share(c, m));
            assert!((actual - expected.min(1.0)).abs() < 1e-6, "{a}/{n} {c}/{m}: {actual} {expected}");
        }
    }
}

proptest! {
    #[test]
    fn clopper_pearson_ends_where_the_tails_are_a_fortieth(runs in 1_u32..200, part in 0.0..=1.0) {
        let failed = (f64::from(runs) * part) as u32;
        let interval = share(failed, runs).clopper_pearson();
        if failed > 0 {
            let tail = 1.0 - at_most(failed - 1, runs, interval.low);
            prop_assert!((tail - 0.025).abs() < 1e-6, "{interval:?} {tail}");
        }
        if failed < runs {
            let tail = at_most(failed, runs, interval.high);
            prop_assert!((tail - 0.025).abs() < 1e-6, "{interval:?} {tail}");
        }
    }

    #[test]
    fn wilson_ends_where_the_score_is_the_quantile(runs in 1_u32..500, part in 0.0..=1.0) {
        let failed = (f64::from(runs) * part) as u32;
        let share = share(failed, runs);
        let interval = share.wilson();
        prop_assert!((0.0..=share.rate()).contains(&interval.low) && (share.rate()..=1.0).contains(&interval.high));
        for end in [interval.low, interval.high].into_iter().filter(|end| (1e-9..1.0 - 1e-9).contains(end)) {
            let score = (share.rate() - end).abs() / (end * (1.0 - end) / f64::from(runs)).sqrt();
            prop_assert!((score - 1.959_964).abs() < 1e-5, "{interval:?} {score}");
        }
    }

    #[test]
    fn at_the_upper_bound_all_runs_pass_one_time_in_twenty(runs in 1_u32..10_000) {
        let chance = chance_to_see(upper_bound(runs), runs);
        prop_assert!((chance - 0.95).abs() < 1e-9, "{chance}");
    }

    #[test]
    fn adjusted_probabilities_keep_their_order_and_only_grow(ps in proptest::collection::vec(0.0..=1.0, 0..20)) {
        let adjusted = adjusted(&ps);
        for (i, j) in (0..ps.len()).flat_map(|i| (0..ps.len()).map(move |j| (i, j))) {
            prop_assert!(ps[i] > ps[j] || adjusted[i] <= adjusted[j]);
        }
        // By the definition: the least p·n/rank among those that are not smaller.
        let n = ps.len() as f64;
        for (ix, &p) in ps.iter().enumerate() {
            let rank = |p: f64| ps.iter().filter(|&&other| other <= p).count() as f64;
            let not_smaller = ps.iter().filter(|&&other| other >= p);
            let least = not_smaller.map(|&other| other * n / rank(other)).fold(1.0, f64::min);
            prop_assert!((adjusted[ix] - least).abs() < 1e-12 && adjusted[ix] > p - 1e-12);
        }
    }
}
