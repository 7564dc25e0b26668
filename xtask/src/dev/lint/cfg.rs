//! Compares `#[cfg]` conditions: finds definitions that are never compiled together.

use std::collections::BTreeSet;

use syn::{Attribute, Meta};

/// The conditions of these attributes; all of them must hold.
pub(super) fn conditions(attributes: &[Attribute]) -> BTreeSet<String> {
    let mut conditions = BTreeSet::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
        if let Meta::List(list) = &attribute.meta {
            let text: String = list.tokens.to_string().split_whitespace().collect();
            conditions.extend(conjuncts(&text).into_iter().map(str::to_owned));
        }
    }
    conditions
}

/// Whether one of the two requires the opposite of a condition of the other.
pub(super) fn exclude_each_other(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let denies = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        let denied = a.iter().filter_map(|text| text.strip_prefix("not(")?.strip_suffix(')'));
        denied.into_iter().any(|denied| conjuncts(denied).into_iter().all(|part| b.contains(part)))
    };
    denies(a, b) || denies(b, a)
}

/// `a` and `b` of `all(a,b)`, or the text itself. The text contains no white space.
fn conjuncts(text: &str) -> Vec<&str> {
    let Some(list) = text.strip_prefix("all(").and_then(|text| text.strip_suffix(')')) else { return vec![text] };
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.into_iter().filter(|part| !part.is_empty()).flat_map(conjuncts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, expected: bool) {
        let set = |text| conjuncts(text).into_iter().map(str::to_owned).collect();
        assert_eq!(exclude_each_other(&set(a), &set(b)), expected);
    }

    #[test]
    fn a_condition_excludes_its_opposite() {
        check("unix", "not(unix)", true);
        check("all(not(unix),test)", "unix", true);
        check("all(linux,any(a,b))", "all(linux,not(any(a,b)))", true);
        check("all(linux,gnu,test)", "not(all(linux,gnu))", true);
    }

    #[test]
    fn other_conditions_can_be_true_together() {
        check("unix", "test", false);
        check("unix", "not(test)", false);
        check("linux", "not(all(linux,gnu))", false);
        check("unix", "unix", false);
    }
}
