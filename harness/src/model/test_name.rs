//! The parts of a test's name: the crate, the module, the function, and the case.

/// The part after the first `::`. It compares bytes, since it runs in constants.
pub(crate) const fn after_crate(path: &'static str) -> &'static str {
    let bytes = path.as_bytes();
    let mut ix = 0;
    while ix + 1 < bytes.len() {
        if bytes[ix] == b':' && bytes[ix + 1] == b':' {
            return path.split_at(ix + 2).1;
        }
        ix += 1;
    }
    path
}

/// The module, and the name in it: `a::b` and `adds`, or `a::b` and `adds::small`, where the last `n_parts` segments identify the case.
pub(crate) fn in_module(name: &str, n_parts: u8) -> (&str, &str) {
    match name.rmatch_indices("::").nth(n_parts.into()) {
        Some((at, sign)) => (&name[..at], &name[at + sign.len()..]),
        None => ("", name),
    }
}

/// The function of a case, with its module: `a::adds` for `a::adds::small`, where the last `n_parts` segments identify the case.
pub(crate) fn from_function(name: &str, n_parts: u8) -> Option<&str> {
    let (at, _) = name.rmatch_indices("::").nth(usize::from(n_parts).checked_sub(1)?)?;
    Some(&name[..at])
}

#[cfg(test)]
mod tests {
    use super::{from_function, in_module};

    #[test]
    fn function_name_excludes_its_cases() {
        assert_eq!(from_function("a::adds", 0), None);
        assert_eq!(from_function("a::adds::small", 1), Some("a::adds"));
        assert_eq!(from_function("adds::small::n_1", 2), Some("adds"));
        assert_eq!(from_function("adds", 1), None);
    }

    #[test]
    fn module_path_excludes_the_function() {
        assert_eq!(in_module("adds", 0), ("", "adds"));
        assert_eq!(in_module("a::b::adds", 0), ("a::b", "adds"));
        assert_eq!(in_module("a::adds::small", 1), ("a", "adds::small"));
        assert_eq!(in_module("adds::small::n_1", 2), ("", "adds::small::n_1"));
    }
}
