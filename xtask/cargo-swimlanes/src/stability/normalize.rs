//! Recognises failure messages that differ only in numbers, addresses, paths and times.

/// The message with placeholders for the parts that differ from run to run.
pub(super) fn normalize(message: &str) -> String {
    let mut normalized = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let before = normalized.chars().next_back();
        let (n_bytes, placeholder) = match piece(rest, before) {
            Some(found) => found,
            None => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        normalized.push_str(placeholder);
        rest = &rest[n_bytes..];
    }
    normalized
}

/// Directories of temporary files on all supported systems.
const TEMPORARY: [&str; 5] = ["/tmp/", "/var/tmp/", "/var/folders/", "/private/", "/dev/shm/"];

/// The number of bytes at the beginning that differ from run to run, and their placeholder.
fn piece(text: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    let is_in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if TEMPORARY.iter().any(|root| text.starts_with(root)) && !is_in_word {
        let end = text.find(|c: char| c.is_whitespace() || "\"'`,;:()<>|".contains(c));
        return Some((end.unwrap_or(text.len()), "<path>"));
    }
    if is_in_word || !text.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let hex = |text: &str| text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len());
    if let Some(digits) = text.strip_prefix("0x").map(hex).filter(|&digits| digits > 0) {
        return Some(("0x".len() + digits, "<address>"));
    }
    if let Some(id) = uuid(text) {
        return Some((id, "<id>"));
    }
    let word = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    // Hashes contain digits and letters; words of a language contain no digits.
    let is_hash =
        |word: &str| word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_alphabetic());
    if word >= 8 && hex(text) == word && is_hash(&text[..word]) {
        return Some((word, "<id>"));
    }
    number(text)
}

/// 8-4-4-4-12 digits.
fn uuid(text: &str) -> Option<usize> {
    let id = text.get(..36)?;
    let lengths = id.split('-').map(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(part.len()));
    lengths.eq([8, 4, 4, 4, 12].map(Some)).then_some(id.len())
}

/// A number such as `12`, `1.5`, `1_000` or `1e-3`, or a time such as `1.5ms`.
fn number(text: &str) -> Option<(usize, &'static str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let whole = Some(digits(text)).filter(|&whole| whole > 0 && text.starts_with(|c: char| c.is_ascii_digit()))?;
    let fraction = text[whole..].strip_prefix('.').map(digits).filter(|&digits| digits > 0);
    let mut end = whole + fraction.map_or(0, |digits| digits + 1);
    let exponent = text[end..].strip_prefix(['e', 'E']).map(|text| text.trim_start_matches(['-', '+']));
    if let Some(exponent) = exponent.filter(|exponent| digits(exponent) > 0) {
        end = text.len() - exponent.len() + digits(exponent);
    }
    let letters = text[end..].find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len() - end);
    match &text[end..end + letters] {
        "" => Some((end, "<n>")),
        "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "min" | "h" => Some((end + letters, "<time>")),
        // The type of a literal is kept; it is the same in every run.
        _ => Some((end, "<n>")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(normalize(message), expected);
    }

    #[test]
    fn parts_that_differ_from_run_to_run_become_placeholders() {
        check("left: 3\n right: -42", "left: <n>\n right: -<n>");
        check("took 1.503422ms, not 2s or 15 µs", "took <time>, not <time> or <n> µs");
        check("1e-3 1.5E+10 1_000 7usize 3.", "<n> <n> <n> <n>usize <n>.");
        check("at 0x7ffee4c0 in thread ThreadId(12)", "at <address> in thread ThreadId(<n>)");
        check("no file \"/tmp/.tmpA1b2/db.sqlite\"", "no file \"<path>\"");
        check("/var/folders/x1/T/a:12: gone", "<path>:<n>: gone");
        check("127.0.0.1:40123 refused", "<n>.<n>:<n> refused");
        check("id 67e55044-10b1-426f-9247-bb680e5fe0c8.", "id <id>.");
        check("commit df1166fa90 is 20240101123000", "commit <id> is <n>");
    }

    #[test]
    fn parts_that_are_the_same_in_every_run_are_kept() {
        check("", "");
        check("user_7 of shard2 has sha256", "user_7 of shard2 has sha256");
        check("a bad face: déjà vu", "a bad face: déjà vu");
        check("the /tmp of tests/tmp/a", "the /tmp of tests/tmp/a");
        check("defaced 0x is no address", "defaced <n>x is no address");
    }

    proptest! {
        #[test]
        fn normalizing_twice_changes_nothing(text in "(\\PC|0x|/tmp/|[0-9a-f]{1,12}|[0-9.e-]){0,40}") {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once);
        }

        #[test]
        fn numbers_do_not_matter(a: u32, b: u32) {
            let message = |n: u32| format!("expected {n} rows, got {n}.5 in {n}ms");
            prop_assert_eq!(normalize(&message(a)), normalize(&message(b)));
        }
    }
}
