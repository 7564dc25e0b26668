//! Recognises the process that cargo-nextest starts for a single test.

use std::ffi::OsString;

/// What such a process is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    pub(crate) name: &'a str,
    /// The test was found in the list of ignored ones.
    pub(crate) is_ignored: bool,
}

/// The request in these words, if they are word for word what cargo-nextest writes: `--exact NAME --nocapture
/// [--ignored]`.
///
/// No parsing of options goes on here. Everything else goes to the real parser, which in a debug build takes 2.4 million
/// instructions, where such a process needs 1.0 million from start to end (callgrind, suite of 1,000 tests).
pub(crate) fn request(words: &[OsString]) -> Option<Request<'_>> {
    let (name, is_ignored) = match words {
        [_, exact, name, nocapture] if exact == "--exact" && nocapture == "--nocapture" => (name, false),
        [_, exact, name, nocapture, ignored]
            if exact == "--exact" && nocapture == "--nocapture" && ignored == "--ignored" =>
        {
            (name, true)
        }
        _ => return None,
    };
    Some(Request { name: name.to_str()?, is_ignored })
}
