//! The findings, the texts and the exit codes of campaigns.

use expect_test::{Expect, expect, expect_file};

use crate::project::{CommandOutput, Project};

const SHOP: &str = "--seed 7 --runs 3 --levels 1,2";

#[test]
fn flaky_broken_and_stable_tests_have_their_verdicts() {
    let project = Project::new();
    let ran = project.run(&format!("{SHOP} --report json=all.json,md=all.md --report junit=all.xml"));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    expect_file!["expected/shop.txt"].assert_eq(&ran.stdout);
    expect_file!["expected/shop.json"].assert_eq(&project.json("all.json"));
    let first_line = |name: &str| {
        let text = std::fs::read_to_string(project.path(name)).expect("a report");
        text.lines().next().unwrap_or_default().to_owned()
    };
    expect!["## Stability: 1 flaky and 1 broken"].assert_eq(&first_line("all.md"));
    expect![[r#"<?xml version="1.0" encoding="UTF-8"?>"#]].assert_eq(&first_line("all.xml"));
    expect![[r#"
        warning: shop::custom cannot be listed as a test suite and is excluded: `--list` printed `I am a test of a kind of my own`
        6 runs, seed 7
        run 1/6  shop::api  level 1  failed: is_broken  ([time])
        run 2/6  shop::api  level 2  failed: is_broken  ([time])
        run 3/6  shop::api  level 2  failed: fails_in_every_third_run, is_broken  ([time])
        run 4/6  shop::api  level 1  failed: is_broken  ([time])
        run 5/6  shop::api  level 1  failed: is_broken  ([time])
        run 6/6  shop::api  level 2  failed: fails_in_every_third_run, is_broken  ([time])
    "#]].assert_eq(&after_build(&ran.stderr));

    let allowed = project.run(&format!("{SHOP} --allow-flaky"));
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
}

#[test]
fn results_that_an_abort_loses_fail_the_campaign_with_allow_flaky() {
    let project = Project::new();
    let ran = project.run("-p crash --seed 7 --runs 2 --levels 1 --report json=all.json --allow-flaky");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    expect_file!["expected/crash.txt"].assert_eq(&ran.stdout);
    expect_file!["expected/crash.json"].assert_eq(&project.json("all.json"));
}

#[test]
fn filterset_selects_tests_of_libtest_suites() {
    let project = Project::new();
    let words = "--workspace --seed 7 --runs 5 --levels 1 --verbose -E";
    let mut command = project.stability(words);
    let output = command.arg("test(/^is_/) & not test(broken) | test(=a_before)").output().expect("the command runs");
    let ran = CommandOutput::new(output, &project.path("."));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    expect![[r#"
        2 suites with 2 tests, 5 runs each at 1 worker, in listed order, seed 7, [time].
        shop::custom is left out, as it is not a test suite that can be listed: `--list` printed `I am a
        test of a kind of my own`.

        2 tests are stable in 5 runs each: failure rate below 45.1 % (95 %).
        A 5 % flake would have been seen with a chance of 22.6 %, a 1 % flake with 4.9 %.
        Nothing is known of 1 test ignored and 4 tests not selected.

        stability: no failure seen
    "#]]
    .assert_eq(&ran.stdout);
    expect![[r#"
        warning: shop::custom cannot be listed as a test suite and is excluded: `--list` printed `I am a test of a kind of my own`
        10 runs, seed 7
        run 1/10  crash::aborts  level 1  passed  ([time])
        run 2/10  shop::api  level 1  passed  ([time])
        run 3/10  crash::aborts  level 1  passed  ([time])
        run 4/10  shop::api  level 1  passed  ([time])
        run 5/10  crash::aborts  level 1  passed  ([time])
        run 6/10  shop::api  level 1  passed  ([time])
        run 7/10  crash::aborts  level 1  passed  ([time])
        run 8/10  shop::api  level 1  passed  ([time])
        run 9/10  crash::aborts  level 1  passed  ([time])
        run 10/10  shop::api  level 1  passed  ([time])
    "#]].assert_eq(&after_build(&ran.stderr));
}

#[test]
fn run_timeout_kills_the_run_and_its_unreported_tests_are_lost() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let project = Project::new();
    let mut command = project.stability("-p hang --runs 1 --levels 1 --run-timeout 1s");
    command.env("HANGS_AT", listener.local_addr().expect("an address").to_string());
    let ran = CommandOutput::new(command.output().expect("the command runs"), &project.path("."));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("hang")).collect();
    expect![[r#"
               hang::hangs  at 1  rate (95 %)
         lost  hangs           –  lost in 1 of 1 run
        hang::hangs timed out in 1 of 1 run; 1 result lost
          last seen running, as far as the record goes: hangs (1 run)
          run again   cargo test -p hang --test hangs -- --test-threads 1"#]]
    .assert_eq(&lines.join("\n"));
}

#[track_caller]
fn check_refused(project: &Project, words: &str, code: i32, expected: Expect) {
    let ran = project.run(words);
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    // Cargo may have printed something first.
    let reported = ran.stderr.lines().skip_while(|line| !line.starts_with("error"));
    expected.assert_eq(&reported.collect::<Vec<_>>().join("\n"));
}

#[test]
fn invalid_requests_are_refused_with_a_reason() {
    let project = Project::new();
    check_refused(
        &project,
        "--levels 1,1",
        2,
        expect!["error: the level 1 is given twice; for more runs at a level, raise --runs"],
    );
    check_refused(
        &project,
        "--report json=nowhere/at.all",
        2,
        expect!["error: cannot write the report nowhere/at.all: No such file or directory (os error 2)"],
    );
    check_refused(&project, "-p hang --lib", 2, expect!["error: there is no test to run"]);
    check_refused(
        &project,
        "--workspace -E test(is_",
        2,
        expect![[r#"
            error: the filterset is invalid:
              expected close parenthesis
                test(is_
                        ^ missing `)`"#]],
    );
    project.write("hang/src/lib.rs", "fn f( {}");
    assert_eq!(project.run("-p hang").code, Some(101));
    project.write("Cargo.toml", "[workspace]\nmembers = []\n[workspace.metadata.swimlanes]\nstability-packages = 5");
    check_refused(
        &project,
        "",
        2,
        expect![
            "error: [workspace.metadata.swimlanes] stability-packages in Cargo.toml is 5; give a list of packages: invalid type: integer `5`, expected a sequence"
        ],
    );
    project.write("Cargo.toml", "[workspace]\nmembers = []\n[workspace.metadata]\nswimlanes = 3");
    check_refused(
        &project,
        "",
        2,
        expect!["error: [workspace.metadata] swimlanes in Cargo.toml is 3; give a table with stability-packages"],
    );
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crash\"]\n[workspace.metadata.swimlanes]\nstability-packages = [\"crash\", \"shp\"]",
    );
    check_refused(
        &project,
        "",
        2,
        expect![
            "error: [workspace.metadata.swimlanes] stability-packages in Cargo.toml names `shp`, but the workspace has no such package"
        ],
    );
}

#[track_caller]
fn check_packages(project: &Project, words: &str, expected: Expect) {
    // No package has unit tests, so nothing runs.
    let ran = project.run(&format!("{words} --lib"));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    expected.assert_eq(&ran.stderr.lines().filter(|line| line.contains("packages")).collect::<Vec<_>>().join("\n"));
}

#[test]
fn stability_packages_are_printed_when_they_are_used() {
    let project = Project::new();
    check_packages(
        &project,
        "",
        expect![
            "packages: shop ([workspace.metadata.swimlanes] stability-packages in Cargo.toml; --workspace for all)"
        ],
    );
    check_packages(&project, "-p crash", expect![""]);
    check_packages(&project, "--workspace", expect![""]);
    let manifest = |packages: &str| {
        let swimlanes = format!("[workspace.metadata.swimlanes]\nstability-packages = {packages}\n");
        project.write("Cargo.toml", &format!("[workspace]\nmembers = [\"shop\", \"crash\"]\n{swimlanes}"));
    };
    manifest(r#"["shop", "crash"]"#);
    check_packages(
        &project,
        "",
        expect![
            "packages: shop, crash ([workspace.metadata.swimlanes] stability-packages in Cargo.toml; --workspace for all)"
        ],
    );
    manifest("[]");
    check_packages(&project, "", expect![""]);
}

#[test]
fn filterset_does_not_download_dependencies_of_other_platforms() {
    let project = Project::new();
    let append = |name: &str, more: &str| {
        let text = std::fs::read_to_string(project.path(name)).expect("a manifest");
        project.write(name, &format!("{text}\n{more}\n"));
    };
    append("shop/Cargo.toml", "[target.'cfg(windows)'.dependencies]\ncrash = { path = \"../crash\" }");
    append("shop/Cargo.toml", "[target.'cfg(unix)'.dependencies]\nhang = { path = \"../hang\" }");
    let ran = project.run("--workspace --seed 7 --runs 1 --levels 1 --allow-flaky -E deps(shop)-test(hangs)-test(is_)");
    let chosen = ran.stdout.lines().next().unwrap_or_default();
    expect!["1 suite with 1 test, 1 run each at 1 worker, in listed order, seed 7, [time]."].assert_eq(chosen);
    let none = project.run("--workspace --runs 1 -E deps(shop)&package(crash)");
    assert_eq!(none.code, Some(2), "{}", none.stderr);
}

/// The output after that of cargo.
fn after_build(stderr: &str) -> String {
    let ours = stderr.lines().skip_while(|line| !line.trim_start().starts_with("Finished")).skip(1);
    ours.map(|line| format!("{line}\n")).collect()
}
