//! Quoting for POSIX shells.

use std::borrow::Cow;

/// The word, in quotes if a shell would change it otherwise.
#[must_use]
pub fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.into(),
        // Within single quotes, only the closing quote is special.
        false => format!("'{}'", word.replace('\'', r"'\''")).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_special_words_are_quoted() {
        let check = |word, expected| assert_eq!(quoted(word), expected);
        check("a::b::c_1", "a::b::c_1");
        check("--features=a,b", "--features=a,b");
        check("", "''");
        check("pours tea", "'pours tea'");
        check("it's <hot> & $5 \"now\"", r#"'it'\''s <hot> & $5 "now"'"#);
        check("~", "'~'");
        check("größer", "'größer'");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        #[cfg(unix)]
        fn shell_reads_quoted_words_unchanged(words in prop::collection::vec("[^\u{0}]{0,12}", 1..8)) {
            let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            let output = Command::new("sh").arg("-c").arg(format!("printf '%s\\0' {line}")).output().expect("a shell");
            let expected: String = words.iter().map(|word| format!("{word}\0")).collect();
            prop_assert_eq!(String::from_utf8(output.stdout).expect("text"), expected);
        }
    }
}
