//! A worker process whose test has timed out exits normally, so that a coverage build writes its counters.

use std::path::Path;

use crate::support::compile::compile;
use crate::test;

#[test]
fn counters_of_a_process_whose_test_timed_out_are_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/coverage/hangs.rs");
    let built = compile(&root, &["-Cinstrument-coverage"]);
    assert!(built.is_ok(), "{}", built.stderr);
    let fixture = built.fixture();
    let (log, counters) = (fixture.file("log"), fixture.file("%p.profraw"));
    // With `--isolation test`, the process is a fork, and writes to the file that its parent has chosen.
    let fixture = fixture.env("LOG", &log).env("LLVM_PROFILE_FILE", &counters).args(&["--isolation", "process"]);
    let answer = fixture.run();
    assert!(answer.stdout.contains("0 passed; 1 failed"), "{}", answer.text());
    let counters = counters.as_str().replace("%p", &log.lines()[0]);
    let n_bytes = std::fs::metadata(counters).map_or(0, |file| file.len());
    assert!(n_bytes > 0, "{}", answer.text());
}
