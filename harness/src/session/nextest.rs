//! Recognises the process that cargo-nextest starts for a single test.

use std::ffi::OsString;

/// What such a process is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) name: String,
    /// The test was found in the list of ignored ones.
    pub(crate) is_ignored: bool,
}

/// The request in these words, if they are word for word what cargo-nextest writes: `--exact NAME --nocapture
/// [--ignored]`.
///
/// No parsing of options goes on here. Everything else goes to the real parser, which in a debug build takes 2.4 million
/// instructions, where such a process needs 1.0 million from start to end (callgrind, suite of 1,000 tests).
pub(crate) fn request(words: &[OsString]) -> Option<Request> {
    let words: Vec<&str> = words.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    match words[..] {
        [_, "--exact", name, "--nocapture"] => Some(Request { name: name.to_owned(), is_ignored: false }),
        [_, "--exact", name, "--nocapture", "--ignored"] => Some(Request { name: name.to_owned(), is_ignored: true }),
        _ => None,
    }
}
