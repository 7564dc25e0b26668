//! Reads the text that libtest, or libtest-mimic, writes to stdout.
//!
//! Output that a test prints without capture, such as that of its child processes, can be anywhere in the text. So a line counts only if it
//! names a test that the suite has listed, and the run counts as complete only if the results add up to the totals in libtest's last line.

mod page;

use std::collections::BTreeSet;

use crate::stability::model::Failure;
use crate::stability::parse::libtest::page::{ResultWord, TestNames};
use crate::stability::parse::{ParsedRun, ReportedResult};

/// Reads the output of a run of these tests.
pub(in crate::stability) fn read(text: &str, tests: &[String]) -> ParsedRun {
    let names = TestNames::new(tests);
    let words = page::words(text, &names);
    match page::ending(text, &names) {
        Some(ending) => complete_run(text, &names, &words, &ending),
        None => partial_run(&names, &words),
    }
}

/// The run is complete: a test that is mentioned and not in the list of failures did not fail.
fn complete_run(
    text: &str,
    names: &TestNames<'_>,
    words: &[Vec<Option<ResultWord>>],
    ending: &page::Ending,
) -> ParsedRun {
    let failed: BTreeSet<usize> = ending.failed.iter().copied().collect();
    let others = words.iter().enumerate().filter(|(ix, words)| !failed.contains(ix) && !words.is_empty());
    let (ignored, passed): (Vec<usize>, Vec<usize>) =
        others.map(|(ix, _)| ix).partition(|&ix| words[ix][0] == Some(ResultWord::Ignored));
    let is_sound = (passed.len(), failed.len()) == (ending.n_passed, ending.n_failed);
    let mut parsed = if is_sound { ParsedRun::default() } else { partial_run(names, words) };
    let mut say = |ix: usize, reported: ReportedResult| parsed.reported.insert(names.name(ix).to_owned(), reported);
    if is_sound {
        passed.iter().for_each(|&ix| drop(say(ix, ReportedResult::Passed)));
        ignored.iter().for_each(|&ix| drop(say(ix, ReportedResult::Skipped)));
    }
    let blocks = page::blocks(&text[..ending.list_at], names, &failed);
    for &ix in &failed {
        say(ix, ReportedResult::Failed(failure(names.name(ix), blocks.get(&ix).copied())));
    }
    if !is_sound {
        parsed.remarks.push(format!(
            "its last line counts {} passed and {} failed, and the lines before it {} and {}",
            ending.n_passed,
            ending.n_failed,
            passed.len(),
            failed.len(),
        ));
        if passed.len() > ending.n_passed {
            // Some of them did not pass, and it is unknown which ones.
            parsed.reported.retain(|_, reported| *reported != ReportedResult::Passed);
        }
    }
    parsed
}

/// The run is incomplete: only a result that is on one line, once, is certain. A test whose line has no result was running.
fn partial_run(names: &TestNames<'_>, words: &[Vec<Option<ResultWord>>]) -> ParsedRun {
    let mut parsed = ParsedRun::default();
    for (ix, words) in words.iter().enumerate() {
        let name = names.name(ix).to_owned();
        let reported = match words[..] {
            [Some(ResultWord::Ok)] => ReportedResult::Passed,
            [Some(ResultWord::Ignored)] => ReportedResult::Skipped,
            [Some(ResultWord::Failed)] => ReportedResult::Failed(failure(&name, None)),
            [] => continue,
            _ => {
                parsed.open.push(name);
                continue;
            }
        };
        parsed.reported.insert(name, reported);
    }
    parsed
}

fn failure(name: &str, block: Option<&str>) -> Failure {
    let (message, location) = block.map(|block| message(name, block)).unwrap_or_default();
    let message = if message.is_empty() { "it failed without a message".to_owned() } else { message };
    Failure { message, location, passed_later: false }
}

/// The message of a failed test in its block: that of libtest if there is one, or the panic of the test's own thread, or the whole block.
fn message(name: &str, block: &str) -> (String, Option<String>) {
    const JUDGED: [&str; 3] = [
        "note: panic did not contain expected string",
        "note: expected panic with string value",
        "note: test did not panic as expected",
    ];
    let location = panics(block).last().map(|panic| panic.location.to_owned());
    if let Some(at) = JUDGED.iter().filter_map(|judged| block.rfind(judged)).max() {
        let judged = block[at..].trim_start_matches("note: ").trim_end();
        return (judged.to_owned(), location);
    }
    let own = format!("thread '{name}'");
    let panics = panics(block);
    let panic = panics.iter().rev().find(|panic| panic.line.starts_with(&own)).or(panics.last());
    match panic {
        Some(panic) => (panic.message.to_owned(), Some(panic.location.to_owned())),
        None => (block.trim().to_owned(), None),
    }
}

/// A report of the standard library's panic hook.
struct PanicReport<'a> {
    line: &'a str,
    location: &'a str,
    message: &'a str,
}

fn panics(block: &str) -> Vec<PanicReport<'_>> {
    let mut panics = Vec::new();
    let mut at = 0;
    for whole in block.split_inclusive('\n') {
        at += whole.len();
        let line = whole.trim_end();
        if let Some((thread, location)) = line.split_once(" panicked at ")
            && thread.starts_with("thread '")
            && let Some(location) = location.strip_suffix(':')
        {
            panics.push(PanicReport { line, location, message: before_trace(&block[at..]) });
        }
    }
    panics
}

/// The message ends before the backtrace, or before the hint at one.
fn before_trace(text: &str) -> &str {
    const TRACE: [&str; 3] =
        ["stack backtrace:\n", "note: run with `RUST_BACKTRACE=", "note: Some details are omitted"];
    let starts = |begin: &&str| text.starts_with(begin).then_some(0).or_else(|| text.find(&format!("\n{begin}")));
    let end = TRACE.iter().filter_map(starts).min().unwrap_or(text.len());
    text[..end].trim_end()
}

#[cfg(test)]
mod tests;
