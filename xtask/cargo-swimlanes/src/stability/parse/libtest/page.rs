//! Splits libtest's text into lines of results, blocks of failures, and the list at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The tests of the suite, with the names that libtest and libtest-mimic give them.
pub(super) struct TestNames<'a> {
    tests: &'a [String],
    by_name: HashMap<&'a str, usize>,
    /// libtest-mimic lists `[kind] name`, but names failed tests without their kind. `None` if two tests have the same name.
    by_bare_name: HashMap<&'a str, Option<usize>>,
}

/// The result in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResultWord {
    Ok,
    Failed,
    Ignored,
}

/// The end of the output of a complete run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) n_passed: usize,
    pub(super) n_failed: usize,
    pub(super) failed: Vec<usize>,
    /// The position of the list of failures.
    pub(super) list_at: usize,
}

impl<'a> TestNames<'a> {
    pub(super) fn new(tests: &'a [String]) -> Self {
        let mut by_bare_name = HashMap::new();
        for (ix, test) in tests.iter().enumerate() {
            if let Some((_, bare)) = test.strip_prefix('[').and_then(|test| test.split_once("] ")) {
                by_bare_name.entry(bare).and_modify(|found| *found = None).or_insert(Some(ix));
            }
        }
        let by_name = tests.iter().enumerate().map(|(ix, test)| (test.as_str(), ix)).collect();
        Self { tests, by_name, by_bare_name }
    }

    pub(super) fn name(&self, ix: usize) -> &'a str {
        &self.tests[ix]
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied().or_else(|| {
            // Kinds are padded to the same width.
            let (kind, bare) = name.split_once("] ")?;
            self.by_name.get(format!("{kind}] {}", bare.trim_start()).as_str()).copied()
        })
    }

    fn find_failed(&self, name: &str) -> Option<usize> {
        self.find(name).or_else(|| self.by_bare_name.get(name).copied().flatten())
    }
}

/// For each test, the results on the lines that mention it; `None` where other text is in the place of the result.
pub(super) fn words(text: &str, names: &TestNames<'_>) -> Vec<Vec<Option<ResultWord>>> {
    let mut words = vec![Vec::new(); names.tests.len()];
    for line in text.lines() {
        if let Some((ix, word)) = word(line, names) {
            words[ix].push(word);
        }
    }
    words
}

/// `test NAME ... ok`; output of a child process without an end of line may precede it.
fn word(line: &str, names: &TestNames<'_>) -> Option<(usize, Option<ResultWord>)> {
    // Longer than any name, so that a megabyte of garbage is not searched again for each of its dots.
    const LONGEST: usize = 4_096;
    line.match_indices(" ...").find_map(|(dots, _)| {
        let head = &line[line.floor_char_boundary(dots.saturating_sub(LONGEST))..dots];
        let head = head.trim_end();
        let head = head.strip_suffix(" - should panic").unwrap_or(head);
        // The name itself can contain the word.
        let ix =
            head.rmatch_indices("test ").take(8).find_map(|(at, test)| names.find(head[at + test.len()..].trim()))?;
        Some((ix, result(line[dots + " ...".len()..].trim())))
    })
}

fn result(text: &str) -> Option<ResultWord> {
    let is = |word: &str| {
        let rest = text.strip_prefix(word);
        // Times and reasons may follow, but no other word.
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    match () {
        () if is("ok") || is("bench") => Some(ResultWord::Ok),
        () if is("FAILED") => Some(ResultWord::Failed),
        () if is("ignored") => Some(ResultWord::Ignored),
        () => None,
    }
}

/// `None` if the text does not end like the output of a complete run.
pub(super) fn ending(text: &str, names: &TestNames<'_>) -> Option<Ending> {
    let text = text.trim_end();
    let last_line_at = text.rfind('\n').map_or(0, |at| at + 1);
    let last_line = &text[last_line_at..];
    let counts = last_line.strip_prefix("test result: ")?;
    let count = |what: &str| {
        let before = counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(what));
        before.and_then(|number| number.trim().parse::<usize>().ok())
    };
    let (n_passed, n_failed) = (count("passed")?, count("failed")?);
    let (failed, list_at) = match n_failed {
        0 => (Vec::new(), last_line_at),
        _ => list_of_failed(&text[..last_line_at], names),
    };
    Some(Ending { n_passed, n_failed, failed, list_at })
}

/// Reads upwards from the end: names, each after four spaces, below the word `failures:`. Also returns the position of the list.
fn list_of_failed(text: &str, names: &TestNames<'_>) -> (Vec<usize>, usize) {
    let mut failed = Vec::new();
    let mut rest = text.trim_end();
    loop {
        let line_at = rest.rfind('\n').map_or(0, |at| at + 1);
        let Some(name) = rest[line_at..].strip_prefix("    ") else { return (failed, line_at) };
        failed.extend(names.find_failed(name));
        rest = rest[..line_at].trim_end_matches('\n');
    }
}

/// The output of the failed tests, from `---- NAME stdout ----` to the next such line.
pub(super) fn blocks<'a>(text: &'a str, names: &TestNames<'_>, failed: &BTreeSet<usize>) -> BTreeMap<usize, &'a str> {
    let mut heads = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let name = line.trim_end().strip_prefix("---- ").and_then(|line| line.strip_suffix(" ----"));
        let Some(name) = name else { continue };
        let ix = names.find_failed(name.strip_suffix(" stdout").unwrap_or(name));
        if let Some(ix) = ix.filter(|ix| failed.contains(ix)) {
            heads.push((ix, begin, at));
        }
    }
    let ends = heads.iter().skip(1).map(|&(_, begin, _)| begin).chain([text.len()]);
    heads.iter().zip(ends).map(|(&(ix, _, from), to)| (ix, &text[from..to])).collect()
}
