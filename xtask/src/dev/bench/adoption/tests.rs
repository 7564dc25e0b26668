//! Tests of the table and the goals.

use std::time::Duration;

use expect_test::expect;

use super::*;

fn row(harness: OneTestHarness, clean: u64, rebuild: u64, size: u64, n_crates: usize) -> AdoptionRow {
    let times = |milliseconds: u64| Times(vec![Duration::from_millis(milliseconds)]);
    AdoptionRow { harness, clean_builds: times(clean), rebuilds: times(rebuild), size, n_crates }
}

#[test]
fn report_has_a_row_for_each_harness_and_the_goals() {
    let report = AdoptionReport {
        load: "0.10 0.20 0.30".to_owned(),
        others: Some(1.2),
        versions: vec!["libtest-mimic 0.8.2".to_owned()],
        rows: [
            row(OneTestHarness::Libtest, 200, 100, 7_000_000, 0),
            row(OneTestHarness::LibtestMimic, 5_300, 160, 15_000_000, 19),
            row(OneTestHarness::RstestAndSerialTest, 13_500, 180, 8_000_000, 41),
            row(OneTestHarness::Swimlanes, 27_000, 240, 31_000_000, 54),
        ],
    };
    let goals = report::goal_results(&report.goal_results(), Medium::Terminal);
    let text = report.render(Medium::Terminal) + "\n" + &goals;
    // Lines are padded with blanks, which editors remove.
    let lines: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    expect![[r#"
        adoption: a suite with one test (dev profile)

                                clean build   touch and rebuild   test binary   crates
        ───────────────────────────────────────────────────────────────────────────────
         libtest                     200 ms              100 ms        7.0 MB        0
         libtest-mimic               5.30 s              160 ms       15.0 MB       19
         rstest + serial_test       13.50 s              180 ms        8.0 MB       41
         swimlanes                  27.00 s              240 ms       31.0 MB       54

        Rounds: 1 clean builds, 1 rebuilds. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %. libtest-mimic 0.8.2, all with default features. swimlanes is compiled without incremental compilation, as a crate from a registry is. The crates include those of build scripts and macros.

         goal                                            at most   measured
        ──────────────────────────────────────────────────────────────────────────────
         adoption: clean build, × rstest + serial_test      1.00       2.00    missed
         adoption: touch and rebuild, × libtest-mimic       1.50       1.50   reached
         adoption: test binary, × libtest-mimic             2.00       2.07    missed
         adoption: crates                                     54         54   reached
    "#]].assert_eq(&lines);
}

#[test]
fn adoption_is_selected_like_a_scenario() {
    let parse = |text: &str| Selection::from_str(text, false).expect("a scenario");
    assert_eq!(parse("adoption"), Selection::Adoption);
    assert_eq!(parse("e"), Selection::Run(Scenario::Nextest));
    assert_eq!(Selection::scenarios(&[]), Some(Vec::new()));
    assert_eq!(Selection::scenarios(&[Selection::Adoption]), None);
    assert_eq!(Selection::scenarios(&[parse("e"), Selection::Adoption]), Some(vec![Scenario::Nextest]));
    assert!(Selection::has_adoption(&[]) && !Selection::has_adoption(&[parse("e")]));
}
