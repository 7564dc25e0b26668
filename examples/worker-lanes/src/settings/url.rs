//! The path in a database URL.

use std::path::PathBuf;

/// Parses `sqlite://PATH?options`; a character of the path can be written as `%` and two digits, and `?`, `#` and `%` must be.
pub(super) fn path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?.split('?').next()?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    let path = String::from_utf8(bytes).ok()?;
    (!path.is_empty()).then(|| path.into())
}
