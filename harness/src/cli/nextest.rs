//! Recognises a process that cargo-nextest has started for a single test.

use std::ffi::OsString;

/// The request of cargo-nextest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    pub(crate) name: &'a str,
    /// The test is in the list of ignored tests.
    pub(crate) is_ignored: bool,
}

/// The request in this command line, if that is word for word what cargo-nextest writes: `--exact NAME --nocapture
/// [--ignored]`.
///
/// No options are parsed here. Any other command line goes to the parser, which takes 2.4 million instructions in a
/// debug build, while a process without it needs 1.0 million from start to end (callgrind, suite of 1,000 tests).
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
